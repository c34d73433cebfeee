import { describe, expect, test } from 'vitest';
import { compileTemplate, strftime } from '../../../src/checkpoint/jinja';

const render = (source: string, variables: Record<string, unknown> = {}): string =>
  compileTemplate(source)(variables, () => 'some day');

describe('templates that would not end or would fill the memory', () => {
  const doubled = (value: string, grow: string, rest = '') =>
    `{% set ns = namespace(x=${value}) %}{% for i in range(60) %}{% set ns.x = ${grow} %}{% endfor %}${rest}`;
  const inLoops = (body: string) =>
    '{% for i in range(60000) %}{% for j in range(60000) %}'.concat(
      body,
      '{% endfor %}{% endfor %}',
    );

  test.each([
    ['loops in loops', inLoops(''), 'does not come to an end'],
    [
      'loops with a condition',
      '{% for i in range(60000) if i > 3 %}{% for j in range(60000) if j > i %}{% endfor %}{% endfor %}',
      'does not come to an end',
    ],
    ['a range of a thousand million', '{{ range(1000000000) | length }}', 'too long'],
    ['a range without numbers', '{{ range("x") | length }}', 'whole number'],
    ['a text that doubles', doubled('"ab"', 'ns.x ~ ns.x'), 'grows without end'],
    ['a list that doubles', doubled('[1]', 'ns.x + ns.x'), 'grows without end'],
    ['lists of one another', doubled('[1]', '[ns.x, ns.x]', '{{ ns.x | tojson }}'), 'grows'],
    [
      'a macro that calls itself',
      '{% macro f(g) %}{{ g(g) }}{% endmacro %}{{ f(f) }}',
      'nested too deeply',
    ],
    [
      'brackets without end',
      `{{ ${'('.repeat(30_000)}1${')'.repeat(30_000)} }}`,
      'nested too deeply',
    ],
    ['blocks without end', '{% if 1 %}'.repeat(9000), 'nested too deeply'],
    ['blocks of a loop without end', '{% for x in y %}'.repeat(5000), 'nested too deeply'],
    ['a long file', 'x'.repeat(200_000), '200000 characters'],
  ])('%s are refused', (_, source, why) => {
    expect(() => render(source)).toThrow(why);
  });

  /** A text of 262,144 characters, and something that is done with it 9,000 times. */
  const overLongText = (what: string) =>
    `{% set s = namespace(s='ab') %}{% for i in range(17) %}{% set s.s = s.s ~ s.s %}{% endfor %}{% for i in range(9000) %}{% if ${what} %}x{% endif %}{% endfor %}`;

  test.each([
    "'bb' in s.s",
    's.s in s.s',
    's.s == s.s ~ ""',
    's.s < s.s',
    's.s.startswith(s.s)',
    's.s.endswith(s.s)',
    's.s is lower',
    's.s[1:]',
    's.s[::-1]',
    's.s[9]',
    's.s|length',
    "s.s.replace('a', 'b')",
    "s.s.count('a')",
    "s.s.find('bb')",
    "s.s.split('c')",
    's.s.split()',
    's.s.splitlines()',
    "s.s.strip('ab')",
    's.s|upper',
    's.s|trim',
    's.s.title()',
    's.s|title',
    's.s|wordcount',
    's.s|tojson',
    's.s|list',
    "[s.s]|join('-')",
    '{s.s: 1}',
    "'%s' % s.s",
    "'{}'.format(s.s)",
    's.s|int',
    's.s|float',
    's.s|escape',
    's.s|urlencode',
    's.s|indent',
    's.s.expandtabs()',
    's.s.isalpha()',
    '[s.s, s.s]|sort',
    "s.s.partition('c')",
    's.s.removeprefix(s.s)',
    's.s|reverse',
  ])('%s is charged by the length of the text', (what) => {
    expect(() => render(overLongText(what))).toThrow(/does not come to an end|grows without end/);
  });

  test.each([
    [
      'a search that is slow at every place',
      "{% set a = 'a' * 100000 %}{% for i in range(99) %}{{ ('a' * 50000 ~ 'b') in a }}{% endfor %}",
    ],
    ['a text repeated', "{{ 'ab' * 1000000000 }}"],
    ['a list repeated', '{{ [1] * 1000000000 }}'],
    [
      'a number repeated',
      '{% set ns = namespace(x=3) %}{% for i in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}',
    ],
    ['a power', '{{ 10 ** 1000000000 }}'],
    ['padding', "{{ 'a'.center(1000000000) }}"],
    ['a wide format', "{{ '%999999999d' % 1 }}"],
    ['a wide field', "{{ '{:999999999}'.format(1) }}"],
    ['an indent', "{{ 'a\nb' | indent(1000000000) }}"],
    ['an indent of JSON', '{{ [1] | tojson(indent=1000000000) }}'],
    ['tabs', "{{ '\t\t'.expandtabs(1000000000) }}"],
    ['a replacement that grows', "{{ ('a' * 500000).replace('a', 'b' * 500000) }}"],
    ['a join that grows', "{{ ('b' * 500000).join('a' * 500000) }}"],
    ['batches', '{{ [1] | batch(1000000000, 0) | list }}'],
    ['slices', '{{ [1] | slice(1000000000) | list }}'],
    ['zeros', "{{ '1'.zfill(1000000000) }}"],
    ['output', "{% for i in range(99) %}{{ 'a' * 500000 }}{% endfor %}"],
    [
      'a list in a list',
      '{% set ns = namespace(x=[]) %}{% for i in range(60000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}',
    ],
  ])('%s without end is refused', (_, source) => {
    expect(() => render(source)).toThrow(/end|too deeply/);
  });

  test('a conversation of two hundred long turns is not', () => {
    const messages = Array.from({ length: 200 }, (_, i) => ({
      role: i % 2 ? 'assistant' : 'user',
      content: 'word '.repeat(200),
    }));
    const source =
      '{% for m in messages[::-1] %}{% endfor %}{% for m in messages %}{% if messages[0].role == "user" and loop.index0 < messages|length %}<{{ m.role }}>{{ m.content | trim }}{% endif %}{% endfor %}';
    expect(render(source, { messages }).length).toBeGreaterThan(200 * 999);
  });
});

test('what a template raises is said', () => {
  expect(() => render('{{ raise_exception("no such role") }}')).toThrow('no such role');
});

test('ranges are those of Python', () => {
  expect(render('{{ range(3) | list | tojson }}')).toBe('[0, 1, 2]');
  expect(render('{{ range(2, 8, 3) | list | tojson }}')).toBe('[2, 5]');
  expect(render('{{ range(3, 0, -1) | list | tojson }}')).toBe('[3, 2, 1]');
  expect(render('{{ range(3, 0) | list | length }}')).toBe('0');
});

test('the clock is the one that is given', () => {
  expect(render('{{ strftime_now("%Y") }}')).toBe('some day');
});

describe('what is not done as in jinja2', () => {
  test.each([
    ['{{ text|wordwrap(9) }}', 'filter "wordwrap"'],
    ['{{ items|random }}', 'filter "random"'],
    ['{{ items|map("pprint")|list }}', 'filter "pprint"'],
    ['{{ x is filter }}', 'test "filter"'],
    ['{{ items|select("test")|list }}', 'test "test"'],
    ['{{ x.casefold() }}', 'method "casefold"'],
    ['{{ ("a" ~ x).encode("utf-8") }}', 'method "encode"'],
    ['{{ lipsum(3) }}', 'function "lipsum"'],
    ['{{ strftime_now("%d %Q") }}', '"%Q"'],
    ['{{ "\\N{BULLET}" }}', 'escapes by name'],
    ['{% block a %}{% endblock %}', '{% block %}'],
    ['{% include "x" %}', '{% include %}'],
    ['{% autoescape true %}{% endautoescape %}', '{% autoescape %}'],
    // Python 3.11 and jinja2 3.1.6: -(2 ** n) where n is a variable, (-2) ** 2 where it is written out.
    ['{{ -2 ** n }}', 'a negative number to a power'],
  ])('%s is refused by name before a chat is known', (template, name) => {
    expect(() => compileTemplate(template)).toThrow(name);
    // Where nothing would have reached it, too.
    expect(() => compileTemplate(`{% for i in [] %}${template}{% endfor %}`)).toThrow(name);
  });

  test('the power of a negative number that is written out is computed', () => {
    expect(render('{{ -2 ** 2 }} {{ -2 ** -1 }} {{ (-n) ** n }}', { n: 2 })).toBe('4 -0.5 4');
  });
});

describe('a day as text', () => {
  test('as in Python with English names', () => {
    expect(strftime('2024-07-26', '%d %b %Y')).toBe('26 Jul 2024');
    expect(strftime('2026-03-05', '%A, %-d %B %y, %m/%d, %H:%M:%S, 100%%')).toBe(
      'Thursday, 5 March 26, 03/05, 00:00:00, 100%',
    );
    expect(strftime('2026-03-05', '[%e] %a')).toBe('[ 5] Thu');
  });

  // Python 3.11: date(*d).strftime('%G-W%V-%u %j %U %W').
  test.each([
    ['2021-01-03', '2020-W53-7 003 01 00'],
    ['2024-12-30', '2025-W01-1 365 52 53'],
    ['2026-01-01', '2026-W01-4 001 00 00'],
    ['2027-01-01', '2026-W53-5 001 00 00'],
    ['2023-01-01', '2022-W52-7 001 01 00'],
  ])('the weeks of %s are those of Python', (date, right) => {
    expect(strftime(date, '%G-W%V-%u %j %U %W')).toBe(right);
  });

  test.each(['%Q', '%-B', '%s', 'at the end %', '%Ey'])('"%s" is refused by name', (format) => {
    expect(() => strftime('2026-03-05', format)).toThrow('is not supported');
  });

  test.each(['yesterday', '2024-13-01', '2024-7-1', ''])('"%s" is no day', (date) => {
    expect(() => strftime(date, '%Y')).toThrow(RangeError);
  });
});
