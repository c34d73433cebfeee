#!/usr/bin/env python3
"""Records what jinja2 writes, set up as transformers sets it up, for test/unit/checkpoint/jinja-golden.test.ts.

Origin: jinja2 3.1.6 under Python 3.11 (Debian's packages or PyPI's serve alike); the environment follows the
documentation of transformers 5, https://huggingface.co/docs/transformers/chat_templating. Needs nothing else:

    python3 test/golden/jinja/make.py

Every template here was written for this test. The families are in the style of published chat formats and hold
none of their text. A case that fails in jinja2 is recorded as an error and has to fail here too.
"""

import datetime
import json
import pathlib

import jinja2
import jinja2.ext
import jinja2.nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = pathlib.Path(__file__).parent
DAY = datetime.datetime(2026, 3, 5)


class Generation(jinja2.ext.Extension):
    """The tag `generation`: its body is called as a block and written as it is."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_write")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _write(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def render(source, context):
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = DAY.strftime
    try:
        return environment.from_string(source).render(**context)
    except Exception as error:  # whatever the template does wrong
        return {"error": type(error).__name__}


CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi, what is 2 < 3 & 'so'?"},
    {"role": "assistant", "content": "\n\n    return 1\n"},
    {"role": "user", "content": "Thanks \U0001f642 na\u00efve caf\u00e9"},
]
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather's state, \"now\"",
        "parameters": {
            "type": "object",
            "properties": {"place": {"type": "string"}, "days": {"type": "integer", "default": 1}},
            "required": ["place"],
        },
    },
}
CONTEXT = {
    "messages": CHAT,
    "tools": [TOOL],
    "none_given": None,
    "yes": True,
    "no": False,
    "n": 7,
    "half": 2.5,
    "text": "a-b c",
    "blank": "  \n two \t",
    "letters": "na\u00efve \U0001f642!",
    "numbers": [3, 1, 2],
    "names": ["b", "A", "c", "B"],
    "nested": {"a": {"b": [1, 2, {"c": "deep"}]}, "items": "taken", "x y": 1},
    "empty": [],
    "bos_token": "<s>",
}

CONSTRUCTS = """
{{ true }} {{ True }} {{ false }} {{ none }} {{ None }} {{ none_given }}
{{ yes }}{{ no }}
{{ 1 == 1.0 }} {{ true == 1 }} {{ none == false }} {{ '1' == 1 }}
{{ [1, 'a', none, true, 2.0, ["x"]] }}
{{ (1, 2) }} {{ (1,) }} {{ () }} {{ 1, 2 }}
{{ {'a': 1, 'b': [none, 'it''s'], 3: "q"} }}
{{ "it's" }} {{ ["it's", 'say "hi"', "both ' and \\""] }}
{{ ["tab\\t", "line\\n", "back\\\\slash", "\\x07", "\\u00e9", "\\U0001f642", "\\u200b"] }}
{{ 'a\\nb' }}|{{ "\\x41\\u0042\\103" }}|{{ '\\q\\d' }}|{{ "\\'\\"" }}
{{ 'a' 'b' "c" }}
{{ 1_000 }} {{ 0x1f }} {{ 0b101 }} {{ 0o17 }} {{ 1e3 }} {{ 1.5e-7 }} {{ 2.0 }} {{ 1e16 }} {{ 123456789012345.0 }} {{ 1e22 }}
{{ 0.1 + 0.2 }} {{ 1 / 3 }} {{ 4 / 2 }} {{ 1e-4 }} {{ 0.00001 }} {{ -0.0 }} {{ 100000000000000000000 }}
{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 // -2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ -7.5 % 2 }} {{ 7.5 // 2 }} {{ -7.5 // 2 }}
{{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 2 ** 0.5 }} {{ 2 ** 100 }}
{{ 1 / 0 }}
{{ 7 % 0 }}
{{ 1 + true }} {{ true + true }} {{ 2 * 3.0 }} {{ 3 - 1.5 }} {{ -true }} {{ +n }}
{{ 'ab' * 3 }} {{ 2 * 'xy' }} {{ [1] * 2 }} {{ 'a' * 0 }} {{ 'a' * -1 }}
{{ 'a' + 1 }}
{{ 1 + 'a' }}
{{ 'a' ~ 1 ~ none ~ true ~ 2.0 ~ [1] }}
{{ 1 ~ 2 + 3 }}
{{ 1 + 2 ~ 3 }}
{{ 'a' ~ 'b' * 2 }}
{{ [1] + [2, 3] }} {{ (1,) + (2,) }}
{{ [1] + (2,) }}
{{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 1 < 3 > 2 }} {{ 1 == 1 == 1 }} {{ 1 < n <= 7 }}
{{ 1 < 'a' }}
{{ none < 1 }}
{{ 'a' < 'b' }} {{ 'B' < 'a' }} {{ [1, 2] < [1, 3] }} {{ (1, 2) >= (1,) }} {{ '\\U0001f642' > '\\uffff' }}
{{ 'a' in 'abc' }} {{ 'a' not in 'abc' }} {{ 2 in numbers }} {{ 'role' in messages[0] }} {{ '' in '' }} {{ 1 in [true] }}
{{ 1 in 'abc' }}
{{ 'a' in none }}
{{ 'a' in nothing }} {{ not 'a' in nothing }}
{{ not true or true }} {{ not (true or true) }} {{ not none }} {{ not not n }}
{{ 'x' and 'y' }} {{ '' or 'y' }} {{ 0 or [] }} {{ none and 1 }} {{ [] or {} }}
{{ 'a' if yes }}|{{ 'a' if no }}|{{ 'a' if no else 'b' if yes else 'c' }}
{{ ('a' if no) is defined }}
{{ nothing }}|{{ nothing is defined }}|{{ nothing is undefined }}|{{ nothing == nothing }}|{{ nothing == none }}
{{ nothing.a }}
{{ nothing['a'] }}
{{ nothing() }}
{{ nothing + 1 }}
{{ nothing ~ 'a' }}|{{ nothing|length }}|{{ nothing|list }}|{{ nothing|upper }}|{{ nothing|default('d') }}
{{ messages[0].nothing }}|{{ messages[0].nothing is defined }}|{{ messages[0]['nothing'] }}
{{ messages[0].nothing.more }}
{{ messages[9] }}|{{ messages[9] is defined }}
{{ messages[9].role }}
{{ messages[-1].role }} {{ messages[0]['role'] }} {{ messages.0.role }} {{ (messages|last).role }}
{{ none_given.x }}|{{ none_given.x is defined }}
{{ text.x }}|{{ n.x }}|{{ numbers.x }}|{{ yes.x }}
{{ nested.items is callable }}
{{ nested['items'] }} {{ nested['x y'] }} {{ nested.a.b[2].c }} {{ nested.a.b.2.c }}
{{ nested.keys()|list }} {{ nested.a.values() }} {{ {'a': 1}.items() }} {{ {'a': 1}.keys() }}
{{ nested.get('a') is mapping }} {{ nested.get('z') }} {{ nested.get('z', 5) }} {{ nested.a|length }}
{{ 'items' in nested }} {{ nested|list }} {{ nested|first }} {{ {'b': 1, 'a': 2}|dictsort }}
{{ {'b': 1, 'A': 2}|dictsort }} {{ {'b': 1, 'A': 2}|dictsort(true) }} {{ {'b': 1, 'a': 2}|dictsort(by='value', reverse=true) }}
{{ {1: 'a', true: 'b', 1.0: 'c'} }}
{{ {'a': 1} == {'a': 1.0} }} {{ [1, [2]] == [1, [2]] }} {{ (1,) == [1] }}
{{ {[1]: 2} }}
{{ numbers.append(4) }}
{{ nested.update({}) }}
{{ numbers.pop() }}
{{ numbers.append is defined }} {{ ''.__class__ }}|{{ ''.__class__ is defined }}
{{ ''.__class__.__mro__ }}
{{ numbers.index(1) }} {{ names.count('b') }} {{ (1, 2, 1).count(1) }}
{{ numbers.index(9) }}
{{ text[0] }} {{ text[-1] }} {{ text[1:3] }} {{ text[::-1] }} {{ text[::2] }} {{ text[9] is defined }}
{{ letters|length }} {{ letters[6] }} {{ letters[5:7] }} {{ letters[::-1] }} {{ letters[-2] }} {{ letters.find('!') }} {{ letters.index('\\U0001f642') }}
{{ numbers[1:] }} {{ numbers[:-1] }} {{ numbers[::-1] }} {{ numbers[5:] }} {{ numbers[-2:] }} {{ (1, 2, 3)[1:] }} {{ numbers[::2] }} {{ numbers[2:0:-1] }}
{{ numbers[::0] }}
{{ none_given[1:] }}
{{ nothing[1:] }}
{{ n[0] }}|{{ n[0] is defined }}
{{ n[1:] }}
{{ range(3) }} {{ range(1, 4)|list }} {{ range(5, 0, -2)|list }} {{ range(3)[1] }} {{ range(5)[1:3] }} {{ range(0)|list }} {{ range(2)|length }}
{{ range(0, 10, 3) }} {{ 4 in range(5) }} {{ range(3) == range(0, 3) }}
{{ range(1000000) }}
{{ range('x') }}
{{ range(1.5) }}
{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a b c'.split(' ', 1) }} {{ 'a b c'.split(none, 1) }} {{ 'a b c'.rsplit(' ', 1) }} {{ ''.split() }} {{ ''.split(',') }}
{{ ' a b '.split(none, 1) }} {{ ' a b '.rsplit(none, 1) }} {{ ' a b '.split(none, 0) }} {{ ' a b '.rsplit(none, 0) }} {{ 'a b c d'.split(maxsplit=2) }}
{{ 'a'.split('') }}
{{ 'a</think>b</think>c'.split('</think>')[-1] }} {{ 'abc'.split('x')[-1] }} {{ 'a--b'.partition('--') }} {{ 'a-b-c'.rpartition('-') }} {{ 'abc'.partition('x') }}
[{{ blank.strip() }}] [{{ blank.lstrip() }}] [{{ blank.rstrip() }}] [{{ blank|trim }}]
[{{ '\\n\\n    x\\n'.strip('\\n') }}] [{{ '\\n\\n    x\\n'.lstrip('\\n') }}] [{{ '\\n\\n    x\\n'.rstrip('\\n') }}] [{{ 'xyaxy'.strip('yx') }}] [{{ 'xxa'|trim('x') }}]
[{{ '\\u00a0\\u2003a\\ufeff'.strip() }}] [{{ '\\x1ca\\x85'.strip() }}] [{{ '\\u3000a'|trim }}]
[{{ 'abc'.strip(none) }}] [{{ 'abc'.strip('') }}]
{{ 'abc'.replace('b', 'x') }} {{ 'aaa'.replace('a', 'b', 2) }} {{ 'abc'.replace('', '-') }} {{ 'a$1'.replace('a', '$&') }} {{ 'aa'|replace('a', 'b', 1) }} {{ 5|replace(5, 6) }}
{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'abc'.startswith('b', 1) }} {{ 'abc'.startswith('') }} {{ 'abc'.endswith('b', 0, 2) }}
{{ 'abc'.startswith(1) }}
{{ 'abcabc'.find('c') }} {{ 'abcabc'.rfind('c') }} {{ 'abc'.find('x') }} {{ 'abcabc'.find('c', 3) }} {{ 'aaa'.count('a') }} {{ 'aaaa'.count('aa') }} {{ 'abc'.count('') }}
{{ 'abc'.index('x') }}
{{ 'hello wORLD'.capitalize() }} {{ 'hello wORLD'.title() }} {{ 'hello wORLD'.upper() }} {{ 'hello wORLD'.lower() }} {{ "they're bill's"|title }} {{ "they're bill's".title() }} {{ 'aBc'.swapcase() }}
{{ 'hello wORLD'|capitalize }} {{ 'hello-wORLD (foo) [bar] {x} <y>'|title }} {{ 'stra\\u00dfe'|upper }} {{ '\\u00df'.capitalize() }} {{ 'a1b2'.title() }} {{ '\\u0130'|lower|length }}
{{ 'abc'.isalpha() }} {{ '12'.isdigit() }} {{ '1.2'.isdigit() }} {{ 'a1'.isalnum() }} {{ ' '.isspace() }} {{ ''.isalpha() }} {{ 'Ab'.istitle() }} {{ 'AB1'.isupper() }} {{ '1'.islower() }} {{ '\\u00b2'.isdigit() }} {{ '\\u00b2'.isdecimal() }} {{ '\\u00e9'.isascii() }}
{{ 'a'.center(4) }}| {{ 'ab'.center(5, '*') }} {{ 'abc'.center(6, '*') }} {{ 'a'.ljust(3) }}| {{ 'a'.rjust(3, '.') }} {{ '7'.zfill(3) }} {{ '-7'.zfill(4) }}
{{ 'a\\tb'.expandtabs(4) }} {{ 'prefixed'.removeprefix('pre') }} {{ 'x.py'.removesuffix('.py') }} {{ 'x'.removesuffix('') }}
{{ 'a\\nb\\r\\nc\\x0bd\\u2028e\\n'.splitlines() }} {{ 'a\\nb\\n'.splitlines(true) }} {{ ''.splitlines() }}
{{ ', '.join(['a', 'b']) }} {{ ''.join('abc') }}
{{ ', '.join([1, 2]) }}
{{ 'abc'.nothing() }}
{{ 'a'.upper(1) }}
{{ '{} and {}'.format(1, 'b') }} {{ '{1}{0}'.format('a', 'b') }} {{ '{x:>5}|{y:<4}|{z:^5}'.format(x=1, y='ab', z='c') }} {{ '{:.2f} {:,} {:05d} {:x} {:+d} {:%}'.format(3.14159, 1234567, 42, 255, 5, 0.25) }} {{ '{{}}'.format() }} {{ '{0[a]} {0!r}'.format({'a': 'x'}) }} {{ '{:.3}'.format('abcdef') }}
{{ '{}'.format() }}
{{ '%s is %d years, %.1f%% %r' % ('Al', 30, 99.5, 'x') }} {{ '%5s|%-5s|%05d' % ('a', 'b', 42) }} {{ '%s' % 'one' }} {{ '%(a)s' % {'a': 1} }} {{ '%x %X %o %e %g' % (255, 255, 8, 12345.678, 0.0001) }}
{{ '%s %s' % ('a',) }}
{{ '%s' % ('a', 'b') }}
{{ '%d' % 'a' }}
{{ '%s, %s!'|format('Hi', 'you') }} {{ '%(a)s'|format(a=1) }}
{{ numbers|length }} {{ numbers|count }} {{ 'abc'|length }} {{ nested|length }}
{{ 5|length }}
{{ none|length }}
{{ numbers|sort }} {{ names|sort }} {{ names|sort(case_sensitive=true) }} {{ numbers|sort(reverse=true) }} {{ messages|sort(attribute='role')|map(attribute='role')|list }}
{{ [1, 'a']|sort }}
{{ numbers|sum }} {{ numbers|min }} {{ numbers|max }} {{ names|min }} {{ names|max }} {{ []|min }} {{ []|sum }} {{ [{'a': 1}, {'a': 2}]|sum(attribute='a') }} {{ [1]|sum(start=10) }}
{{ ['a']|sum }}
{{ names|unique|list }} {{ [1, 2, 1]|unique|list }} {{ names|unique(true)|list }}
{{ numbers|first }} {{ numbers|last }} {{ ''|first }}|{{ 'abc'|first }} {{ 'abc'|last }} {{ empty|first }} {{ empty|last }} {{ (numbers|select)|first }}
{{ (numbers|select)|last }}
{{ 5|first }}
{{ numbers|reverse|list }} {{ 'abc'|reverse }} {{ nested.a|reverse|list }} {{ (names|map('upper'))|reverse }}
{{ numbers|join }} {{ numbers|join(', ') }} {{ [1, none, 'a']|join('-') }} {{ messages|join(', ', attribute='role') }} {{ 'abc'|join('.') }} {{ {'a': 1}|join }}
{{ messages|map(attribute='role')|list }} {{ names|map('upper')|join(' ') }} {{ messages|map(attribute='nothing', default='-')|list }} {{ names|map('replace', 'b', 'x')|list }}
{{ messages|map(attribute='nothing')|list }}
{{ messages|map('nothing')|list }}
{{ names|map|list }}
{{ messages|selectattr('role', 'equalto', 'user')|list|length }} {{ messages|selectattr('role')|list|length }} {{ messages|rejectattr('role', 'in', ['user', 'system'])|map(attribute='role')|list }} {{ numbers|select('odd')|list }} {{ numbers|reject('gt', 1)|list }} {{ [0, 1, '', 'a']|select|list }} {{ numbers|select('>', 1)|list }} {{ messages|selectattr('x', 'defined')|list }}
{{ numbers|select('nothing')|list }}
{% set g = numbers|select('odd') %}{{ g|list }}{{ g|list }}
{{ (numbers|map('string'))|length }}
{{ numbers|batch(2)|list }} {{ numbers|batch(2, 'x')|list }} {{ range(7)|slice(3)|list }} {{ range(7)|slice(3, 0)|list }}
{% for role, group in messages|groupby('role') %}{{ role }}:{{ group|length }} {% endfor %}{{ (messages|groupby('role'))[0].grouper }} {{ (messages|groupby('role'))[0].list|length }}
{{ nested.a|items|list }} {{ nothing|items|list }}
{{ 5|items|list }}
{{ '5'|int }} {{ '5.9'|int }} {{ 'x'|int }} {{ 'x'|int(9) }} {{ '0x1f'|int(base=16) }} {{ '1f'|int(0, 16) }} {{ ' 12 '|int }} {{ '1_000'|int }} {{ 5.9|int }} {{ true|int }} {{ none|int }} {{ -5.9|int }} {{ '0b11'|int(0, 0) }}
{{ nothing|int }}
{{ '1.5'|float }} {{ 'x'|float }} {{ 3|float }} {{ '1e3'|float }} {{ 'inf'|float }} {{ 'x'|float(1.5) }} {{ '.5'|float }} {{ 'nan'|float }}
{{ 2.5|round }} {{ 3.5|round }} {{ 2.567|round(2) }} {{ 2.675|round(2) }} {{ 2.1|round(method='ceil') }} {{ 2.55|round(1, 'floor') }} {{ 5|round }} {{ -2.5|round }} {{ 1234.5|round(-2) }} {{ 0.125|round(2) }}
{{ -5|abs }} {{ 5.5|abs }} {{ (-5)|abs }} {{ true|abs }}
{{ 'a'|abs }}
{{ nothing|default }}|{{ none|default('d') }}|{{ ''|default('d') }}|{{ ''|default('d', true) }}|{{ none|d('d', true) }}|{{ 0|default(5, boolean=true) }}
{{ 'a<b>&"\\''|escape }} {{ ('<'|safe) ~ '<' }} {{ ('<'|safe) + '<' }} {{ '<' + ('<'|safe) }} {{ ('<b>'|safe)|length }} {{ ('a'|safe).upper() }} {{ '<'|e|e }} {{ '<'|e|forceescape }} {{ [('<'|safe)] }} {{ ('a,b'|safe).split(',') }} {{ ('a'|safe).replace('a', '<') }} {{ ('-'|safe).join(['<', 'b']) }} {{ ('<'|safe) * 2 }}
{{ {'a': 1, 'b': [true, none, 1.5, "q\\"\\\\/\\n\\t\\x01\\u00e9<>&'"]}|tojson }}
{{ {'a': [1, {'b': []}], 'c': {}}|tojson(indent=2) }}
{{ [1, 2]|tojson(indent=none) }} {{ {'b': 1, 'a': 2}|tojson(sort_keys=true) }} {{ '\\u00e9\\U0001f642'|tojson(ensure_ascii=true) }} {{ [1, {'a': 2}]|tojson(separators=(',', ':')) }} {{ (1, 2)|tojson }} {{ {1: 1, none: 2, true: 3, 1.5: 4}|tojson }} {{ [1]|tojson(indent='--') }} {{ 'x'|tojson(4) }} {{ {}|tojson(indent=4) }}
{{ nothing|tojson }}
{{ range(2)|tojson }}
{{ tools|tojson }} {{ tools[0].function|tojson(indent=4) }}
{{ 1e400|tojson }} {{ 2.0|tojson }} {{ 1e20|tojson }}
{{ 'line\\n\\nmore'|indent }}|{{ 'a\\nb'|indent(2) }}|{{ 'a\\nb'|indent(2, true) }}|{{ 'a\\n\\nb'|indent(2, blank=true) }}|{{ 'a\\nb'|indent('> ') }}|{{ 'a\\nb\\n'|indent(1) }}|{{ ''|indent(2, true) }}
{{ none|indent }}
{{ 'foo bar baz qux'|truncate(9) }} {{ 'foo bar baz qux'|truncate(9, true) }} {{ 'foo bar baz'|truncate(11) }} {{ 'foo bar baz qux'|truncate(9, true, '', 0) }} {{ 'foobar'|truncate(5, leeway=0) }}
{{ 'one two  three'|wordcount }} {{ 'a'|center(5) }}| {{ 'a b/c?d=\\u00e9'|urlencode }}
{{ 5|upper }} {{ none|upper }} {{ ['A']|lower }} {{ none|trim }} {{ 5|string + 'a' }} {{ none|string }}
{{ 'abc'|list }} {{ nested.a|list }} {{ (1, 2)|list }} {{ letters|list }}
{{ 5|list }}
{{ nested|attr('a') }}|{{ 'a'|attr('upper') is callable }}|{{ nested|attr('a') is defined }}
{{ text|nothing }}
{% if no %}{{ text|nothing }}{% endif %}ok
{% if yes %}{{ text|nothing }}{% endif %}
{{ 'a' if yes else (text|nothing) }}
{% if no %}{% for x in [1] %}{{ x|nothing }}{% endfor %}{% endif %}ok
{{ text is nothing }}
{% if no %}{{ text is nothing }}{% endif %}ok
{{ 1 is number }} {{ true is number }} {{ 1.0 is float }} {{ 1 is integer }} {{ true is integer }} {{ true is boolean }} {{ 'a' is string }} {{ none is none }} {{ [] is iterable }} {{ 5 is iterable }} {{ 'a' is iterable }} {{ none is iterable }} {{ {} is mapping }} {{ [] is mapping }}
{{ 'a' is sequence }} {{ [] is sequence }} {{ {} is sequence }} {{ 5 is sequence }} {{ nothing is sequence }} {{ nothing is iterable }} {{ nothing is string }} {{ (numbers|select) is sequence }} {{ (numbers|select) is iterable }} {{ range(3) is sequence }}
{{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ 5 is sameas 5 }} {{ true is sameas true }} {{ 1 is true }} {{ true is true }} {{ false is false }} {{ 0 is false }}
{{ 'a' is in ['a'] }} {{ 'a' is in('abc') }} {{ 5 is eq 5 }} {{ 5 is ne(4) }} {{ 5 is gt 4 }} {{ 5 is lessthan 4 }} {{ 'ab' is lower }} {{ 'AB' is upper }} {{ range is callable }} {{ 'a' is callable }}
{{ 'a' is not string }} {{ none is not none }} {{ not none is none }} {{ 1 is not defined }} {{ n is odd and n is number }}
{{ n is defined if yes else 1 }}
{{ 1 is odd is even }}
{{ -1|abs }} {{ 2 + 3|abs }} {{ 'a' ~ 'b'|upper }} {{ 2 * 3 is odd }} {{ -n is number }}
{{ (1, 2, 3)|length }} {{ [1, 2,] }} {{ {'a': 1,} }} {{ [] }} {{ {} }}
{{ dict(a=1, b=2) }} {{ dict({'a': 1}, b=2) }} {{ dict([('x', 1)]) }} {{ namespace(a=1) }}
{% set x = 1 %}{% set y, z = 2, 3 %}{{ x }}{{ y }}{{ z }}
{% set y, z = [2] %}{{ y }}
{% set x %}a{{ n }}b{% endset %}[{{ x }}] {{ x is string }}
{% set x | upper | replace('A', '-') %}abca{% endset %}{{ x }}
{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}
{% for i in [1, 2, 3] %}{% if i == 2 %}{% set y = i %}{% endif %}[{{ y }}]{% endfor %}{{ y }}
{% set ns = namespace(x=1) %}{% for i in [1, 2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }} {{ ns.y }} {{ ns['x'] }} {{ ns.y is defined }}
{% set d = {} %}{% set d.x = 1 %}
{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{{ ns }}
{% if no %}{% set q = 1 %}{% endif %}{{ q is defined }}
{% if no %}{% set n = 1 %}{% endif %}{{ n }}
{% if yes %}{% set q = 1 %}{% else %}{% set q = 2 %}{% endif %}{{ q }}
{% with a = 1, b = 2 %}{{ a + b }}{% set c = 5 %}{% endwith %}{{ a is defined }}{{ c is defined }}
{% with n = n + 1 %}{{ n }}{% endwith %}{{ n }}
{% for i in numbers %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }} {% endfor %}
{% for i in numbers %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }} {{ loop.cycle('a', 'b') }} {{ loop.changed(i > 1) }};{% endfor %}
{% for i in numbers %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{% endfor %}
{% for i in numbers if i > 1 %}{{ i }}{{ loop.length }}{{ loop.last }}{% else %}none{% endfor %}
{% for i in numbers if i > 5 %}{{ i }}{% else %}none{% endfor %}{% for i in [] %}x{% else %}empty{% endfor %}
{% set ns = namespace(n=0) %}{% for i in [1, 2, 3, 4] if ns.n < 2 %}{% set ns.n = ns.n + 1 %}{{ i }}{% endfor %}
{% for c in 'ab\\U0001f642' %}[{{ c }}]{% endfor %}{% for k in nested %}{{ k }} {% endfor %}{% for a, b in {'x': 1}.items() %}{{ a }}{{ b }}{% endfor %}
{% for part in text %}{% if part.type is defined %}x{% endif %}{{ part }}{% endfor %}
{% for a, b in [(1, 2), [3, 4], 'xy'] %}{{ a }}{{ b }} {% endfor %}
{% for a, b in [1] %}{{ a }}{% endfor %}
{% for i in 5 %}{{ i }}{% endfor %}
{% for i in none %}{{ i }}{% endfor %}
{% for i in nothing %}{{ i }}{% else %}e{% endfor %}
{% for i in 1, 2 %}{{ i }}{% endfor %}{% for i in [1, 2] + [3] %}{{ i }}{% endfor %}
{% for i in [1, 2, 3] %}a{{ i }}{% if i == 2 %}{% break %}{% endif %}b{% endfor %}!
{% for i in [1, 2, 3] %}a{{ i }}{% if i == 2 %}{% continue %}{% endif %}b{% endfor %}!
{% for i in [1, 2, 3] %}{% set t %}x{% if i == 2 %}{% break %}{% endif %}{% endset %}{{ t }}{{ i }}{% endfor %}
{% for i in [1, 2] %}{% for j in [1, 2, 3] %}{% if j == 2 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}|{% endfor %}
{% for i in [1] %}x{% break %}{% else %}e{% endfor %}
{% break %}
{% for i in [1] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}
{% for i in [1, 2] recursive %}{{ i }}{{ loop([3]) if i == 1 and loop.depth0 == 0 }}{% endfor %}
{% for t in [{'n': 1, 'c': [{'n': 2, 'c': []}]}] recursive %}<{{ t.n }}{{ loop.depth }}{{ loop(t.c) }}>{% endfor %}
{% for i in [1] %}{{ loop([2]) }}{% endfor %}
{% for i in [1, 2] %}{% for j in [1] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}
{{ [none]|first is none }} {{ [none]|last is none }} {{ {'a': none}.a is none }} {{ {'a': none}.get('a', 5) is none }} {{ {'a': none}['a'] is none }} {{ [none][0] is none }} {{ [none, none]|map('string')|list }}
{% macro f(a=5) %}{{ a }}{% endmacro %}{{ f(none) }} {{ f(nothing) }} {{ f(a=none) }} {% for x in [none, 1] %}{{ x }}{{ loop.previtem is none }}{{ loop.nextitem }} {% endfor %}
{% for i in [1] %}{% continue %}{% else %}e{% endfor %}{% for i in [1, 2] %}{% if i == 2 %}{% break %}{% endif %}{% else %}e{% endfor %}
{% for loop_messages in messages %}{{ loop.index }}{% endfor %}{{ loop is defined }}
{% macro f(a, b=2, c=none) %}{{ a }}-{{ b }}-{{ c }};{% endmacro %}{{ f(1) }}{{ f(1, 3) }}{{ f(c=5, a=0) }}{{ f() }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(b=2) }}
{% macro f(a, b=a ~ 'x') %}{{ b }}{% endmacro %}{{ f('q') }}
{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, x=3) }}
{% macro f() %}{{ q is defined }}{% endmacro %}{% for q in [1] %}{{ f() }}{% endfor %}
{% set q = 1 %}{% macro f() %}{{ q }}{% endmacro %}{% set q = 2 %}{{ f() }}{% for q in [5] %}{{ f() }}{% endfor %}
{% macro f(x) %}{% if x > 0 %}{{ x }}{{ f(x - 1) }}{% endif %}{% endmacro %}{{ f(3) }}
{% macro f() %}[{{ caller() }}]{% endmacro %}{% call f() %}in{{ n }}{% endcall %}
{% macro f() %}[{{ caller(1, b=2) }}]{% endmacro %}{% call(a, b) f() %}{{ a }}{{ b }}{% endcall %}
{% macro f() %}x{% endmacro %}{% call f() %}in{% endcall %}
{% macro f(x) %}{{ x|upper }}{% endmacro %}{{ f('a') ~ f('b') }} {{ f('a') is string }} {{ f.name }} {{ f.arguments }}
{% macro outer() %}{% macro inner() %}i{% endmacro %}{{ inner() }}{% endmacro %}{{ outer() }}{{ inner is defined }}
{% macro f(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ f(*[1, 2]) }}{{ f(*[1], **{'b': 3}) }}
{{ f(1) }}{% macro f(x) %}{{ x }}{% endmacro %}
{% filter upper %}a{{ text }}b{% endfilter %}{% filter replace('a', 'x')|upper %}aba{% endfilter %}
{% filter upper %}{% set q = 1 %}{% endfilter %}{{ q is defined }}
{% raw %}{{ a }} {% if %}{# #}{% endraw %}|{% raw -%}  x  {%- endraw %}|
{% generation %}a{{ n }}{% set q = 1 %}{% endgeneration %}{{ q is defined }}
a {#- c -#} b {# c #} c {{- ' d ' -}} e {{ 'f' }} g
{% if yes -%}  a  {%- endif %}|{%- if yes %} b {% endif -%} | {%+ if yes %} c {% endif +%}
{% if yes %}{% if no %}1{% elif yes %}2{% else %}3{% endif %}{% endif %}{% if no %}4{% elif no %}5{% endif %}
{{ strftime_now('%d %b %Y') }} {{ strftime_now('%-d %B %y, %A %a %H:%M:%S %p %I %j %e %m') }} {{ strftime_now('%c|%x|%X|%D|%F|%T|%R|%r|%U|%W|%V|%G|%u|%w|%C|%g|%h|%%') }} {{ strftime_now('%-m/%-d/%-y %_d %^a %-j %-I %-H %k %l %P %f %n%t') }}
{{ raise_exception('no such role') }}
{% if no %}{{ raise_exception('no') }}{% endif %}ok
{{ messages|length - 1 }} {{ (messages|length) - 1 }} {{ messages[messages|length - 1].role }} {{ messages[:-1]|length }} {{ messages[::-1][0].role }}
{{ messages }}
{{ tools }}
{{ '<|im_start|>' + messages[0].role + '\\n' + messages[0].content + '<|im_end|>\\n' }}
{{ messages[0] is mapping and messages[0].content is string }} {{ messages[0].content is not none }} {{ (messages|selectattr('role', '==', 'user')|list|last).content }}
{% set messages = messages[1:] %}{{ messages|length }} {% set first = messages[0] %}{{ first.role }}
{% set j = joiner(', ') %}{% for i in numbers %}{{ j() }}{{ i }}{% endfor %} {% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}
{{ joiner() is callable }} {{ cycler is callable }}
{% include 'x' %}
{% extends 'x' %}
{% import 'x' as y %}
{% do numbers %}
{% unknown %}
{% if yes %}
{% endif %}
{{ }}
{{ a b }}
{{ 1 + }}
{{ (1 }}
{{ 'a }}
{% for i in %}{% endfor %}
{% set 1 = 2 %}
{% set none = 2 %}
{{ f(a=1, 2) }}
{{ a.b. }}
{{ 'a'|}}
{# never closed
{% raw %} never closed
{{ "{{ }} {% %}" }} {{ {'a': {'b': 1}}['a']['b'] }} {{ {'a':{'b':1}} }}
{{'a'}}{{ 'b' }}{{-'c'-}}{{ 1 }}{%if yes%}d{%endif%}{%- set x=1 -%}{{x}}
{{ numbers[0] if numbers else 'e' }} {{ empty[0] if empty else 'e' }} {{ empty|length == 0 }} {{ empty is defined and empty }}
{{ ['a', 'b']|map('capitalize')|join(' & ')|trim }} {{ names|map('lower')|unique|sort|join }} {{ (numbers|sort)[0] }} {{ numbers|sort|first }}
{{ messages|map(attribute='content')|map('length')|list }} {{ messages|map(attribute='role')|unique|list }} {{ [nested]|map(attribute='a.b.0')|list }} {{ ['x', 'yz']|map(attribute=0)|list }}
{{ 'x' in {'x': 1} }} {{ 'x' in {'x': 1}.keys() }} {{ 1 in {'x': 1}.values() }} {{ ('x', 1) in {'x': 1}.items() }} {{ {'x': 1}.items()|list }} {{ {'x': 1}.keys()|length }}
{{ text.split('-')[0].split()[0]|upper ~ '!' }} {{ text.upper().lower().title() }} {{ (text ~ 'x').replace('x', '') }} {{ text|upper|lower|length }}
{{ loop }}
{{ '\\u00e9' == 'e\\u0301' }} {{ '\\u00e9'|length }} {{ 'e\\u0301'|length }} {{ '\\u00e9'.upper() }} {{ '\\u0149'.upper() }} {{ '\\u03a3\\u0391\\u03a3'.lower() }}
{{ 10 ** 20 }} {{ 10 ** 20 // 3 }} {{ 10 ** 20 % 7 }} {{ 9007199254740993 + 0 }} {{ 10 ** 20 / 10 }} {{ (10 ** 20)|string|length }} {{ 3.0 == 3 }} {{ 1e3|int }} {{ 0.5 + 1 }} {{ 1.0 ~ '' }}
{{ nothing is callable }} {{ nothing is not callable }} {{ messages[0].nothing is callable }} {{ none is callable }}
{{ range(4)|urlencode }}
{{ '\\u01c6'.title() }} {{ '\\u01c4x'.capitalize() }} {{ '\\u01c5'.swapcase() }} {{ '\\u10d0\\u10d1'.title() }} {{ '\\u10d0'.capitalize() }} {{ '\\u1f80'.title() }} {{ '\\u1fb3'.capitalize() }} {{ ''.capitalize() }}|{{ ''.title() }}| {{ '\\ufb01x'.title() }}
{{ '\\u0391\\u03a3'.title() }} {{ '\\u0391\\u03a3'.capitalize() }} {{ '\\u0391\\u03a3 \\u03a3'.title() }} {{ '\\u0391\\u03a3\\u0391'.capitalize() }}
{{ '\\u00aa'.islower() }} {{ '\\u2160'.isupper() }} {{ '\\u2170'.islower() }} {{ '\\u01c5'.islower() }} {{ '\\u01c5'.istitle() }} {{ 'A B'.istitle() }} {{ 'Ab1c'.istitle() }} {{ 'Ab1C'.istitle() }} {{ '1'.istitle() }} {{ '\\u1369'.isdigit() }}
{% for i in [1] %}{{ n }}{% endfor %}{% set n = 5 %}{{ n }}
{% for i in [1, 2] %}{% set n = 5 %}{{ n }}{% endfor %}{{ n }}
{% for i in [1, 2] %}{% for j in [1] %}{{ n }}{% endfor %}{% set n = 5 %}{{ n }}{% endfor %}{{ n }}
{% for i in [1] %}{{ n }}{% endfor %}{{ n }}{% set n = 3 %}
{% for i in [1] %}{{ n is defined }}{% endfor %}{% set n = n|default(3) %}{{ n }}
{% for i in [1] %}{{ n is defined }}{% endfor %}{% set n = 3 %}{{ n }}
{% if yes %}{% for i in [1] %}{{ n }}{% endfor %}{% endif %}{% set n = 5 %}
{% if yes %}{% for i in [1] %}{{ n }}{% endfor %}{% set n = 5 %}{% endif %}{{ n }}
{% if no %}{% elif yes %}{% for i in [1] %}{{ n }}{% endfor %}{% else %}{% set n = 5 %}{% endif %}{{ n }}
{% set text %}[{{ text }}]{% endset %}{{ text }}
{% set q %}{{ n }}{% endset %}{% set n = 1 %}{{ q }}{{ n }}
{% macro f() %}{{ n }}{% endmacro %}{{ f() }}{% set n = 3 %}{{ f() }}
{% macro f() %}{% for i in [1] %}{{ n }}{% endfor %}{% set n = 4 %}{{ n }}{% endmacro %}{{ f() }}{{ n }}
{% macro f(n) %}{% for i in [1] %}{{ n }}{% endfor %}{% set n = 4 %}{{ n }}{% endmacro %}{{ f(1) }}{{ n }}
{% macro g() %}{{ caller() }}{% endmacro %}{% call g() %}{% for i in [1] %}{{ n }}{% endfor %}{% set n = 4 %}{{ n }}{% endcall %}{{ n }}
{% with n = 3 %}{% for i in [1] %}{{ n }}{% endfor %}{% endwith %}{{ n }}
{% with q = 3 %}{% for i in [1] %}{{ n }}{% endfor %}{% set n = 4 %}{% endwith %}{{ n }}
{% filter upper %}{{ text }}{% endfilter %}{% set text = 1 %}
{% generation %}{{ n }}{% endgeneration %}{% set n = 2 %}
{% for i in [1] %}{{ text }}{% endfor %}{% macro text() %}x{% endmacro %}{{ text() }}
{% for i in [1] if n %}{{ i }}{% endfor %}{% set n = 1 %}
{% for i in [] %}{% else %}{% for j in [1] %}{{ n }}{% endfor %}{% set n = 1 %}{% endfor %}{{ n }}
{% for n in [1] %}{{ n }}{% endfor %}{% for i in [1] %}{{ n }}{% endfor %}
""".strip("\n").split("\n")

# What needs line ends of its own.
LINES = [
    "a\n  {% if yes %}\n  b\n  {% endif %}\nc\n",
    "a\n  {%+ if yes %}\n  b\n  {%+ endif %}\nc\n",
    "  {{ n }}\n  {# c #}\n  d\n\n",
    "{% if yes %}\n\n  x\n{% endif %}\n\n\ny",
    "{%- for m in messages %}\n    {{- m.role }}\n{%- endfor %}\n",
    "{% for m in messages %}\n{{ m.role }}\n{% endfor %}\n",
    "\t {% set x = 1 %} \n{{ x }}\n",
    "{% if yes %}a{% endif %}\n{% if yes %}b{% endif %}   \nc",
    "{# one\n two #}\nx {# y #} z\n  {#- w -#}  \nq",
    "a\r\n{% if yes %}\r\nb\r\n{% endif %}\r\nc\r\n",
    "a\r{% if yes %}\rb\r{% endif %}\rc\r",
    "{{ 'a\r\nb' }}|\r\n",
    "x\n\n",
    "x\n",
    "\n{% if yes %}\n{% endif %}\n",
    "  {% raw %}\n  {{ x }}\n  {% endraw %}\n y",
    "  {% generation %}\n  a\n  {% endgeneration %}\n b",
    "{%- generation -%} a {%- endgeneration -%} b",
    "{% set x %}\n  a\n{% endset %}\n[{{ x }}]",
    "{% macro f(a) %}\n  <{{ a }}>\n{% endmacro %}\n{{ f(1) }}\n{{- f(2) -}}\n x",
    "{{ n\n}}\n{{\nn }}{% if\nyes\n%}\nq{% endif %}",
    "a {%- if yes -%}\n\n b \n\n{%- endif -%} c",
    "\u00a0{% if yes %}x{% endif %}\n\u2003{% if yes %}y{% endif %}\n",
    "{{ {'a': 1,\n 'b': 2}|tojson }}\n{{ [\n1,\n2\n] }}",
    "a{% if yes %}\n{% endif %}b\n{%- if yes %}\n   c\n{%- endif %}",
]

CHATS = {
    "question": CHAT[1:2],
    "with a system prompt": CHAT[:2],
    "code that begins with blanks": [CHAT[1], {"role": "assistant", "content": "    return 1\n"}],
    "an answer between line feeds": CHAT,
    "thoughts": [
        CHAT[1],
        {"role": "assistant", "content": "<think>\nhm\n</think>\n\nYes. "},
        CHAT[3],
        {"role": "assistant", "content": "well\n</think>\n\nNo."},
    ],
    "two answers": [CHAT[1], {"role": "assistant", "content": "A"}, CHAT[3], {"role": "assistant", "content": "B"}],
    "roles out of order": [CHAT[2], CHAT[1]],
    "tool calls": [
        CHAT[1],
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "call00001", "type": "function", "function": {"name": "weather", "arguments": {"place": "\u00c5re", "days": 2}}}
            ],
        },
        {"role": "tool", "name": "weather", "tool_call_id": "call00001", "content": "{\"snow\": true}"},
        {"role": "assistant", "content": "It snows."},
    ],
    "parts": [{"role": "user", "content": [{"type": "text", "text": "One "}, {"type": "text", "text": "two."}]}],
}
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}


def main():
    constructs = [
        {"template": source, "right": render(source, CONTEXT)} for source in [*CONSTRUCTS, *LINES]
    ]
    record("constructs.json", {"context": CONTEXT, "cases": constructs})
    families = []
    for path in sorted((HERE / "families").glob("*.jinja")):
        source = path.read_bytes().decode("utf-8")
        for name, messages in CHATS.items():
            for settings in (
                {"add_generation_prompt": True},
                {"add_generation_prompt": False},
                {"add_generation_prompt": True, "enable_thinking": False, "tools": [TOOL]},
            ):
                context = {"messages": messages, "tools": None, "documents": None, **TOKENS, **settings}
                right = render(source, context)
                families.append({"family": path.name, "chat": name, "settings": settings, "right": right})
    record("families.json", {"chats": CHATS, "tokens": TOKENS, "cases": families})


def record(name, content):
    origin = f"test/golden/jinja/make.py, jinja2 {jinja2.__version__}"
    text = json.dumps({"origin": origin, **content}, ensure_ascii=True, indent=1)
    (HERE / name).write_text(text + "\n", encoding="utf-8")
    count = len(content["cases"])
    failed = sum(isinstance(case["right"], dict) for case in content["cases"])
    print(f"{name}: {count} cases, {failed} of them errors")


if __name__ == "__main__":
    main()
