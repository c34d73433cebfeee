// The text of a template as tokens, by the rules of jinja2 3.1 with `trim_blocks` and `lstrip_blocks`, which
// transformers sets: https://jinja.palletsprojects.com/en/stable/templates/#whitespace-control. Line ends are
// made "\n" before anything else, one line end at the end of the file is dropped, the line end after a tag
// goes with it, and so do the blanks before a tag that is the first of its line.

export interface Token {
  readonly kind: 'data' | 'name' | 'string' | 'integer' | 'float' | 'operator' | 'tag' | 'end';
  /** The value of the token; for a string without quotes and escapes; for a tag `{{`, `}}`, `{%` or `%}`. */
  readonly text: string;
  readonly line: number;
}

/** The characters that Python counts as whitespace, for a character class of a pattern. */
export const BLANK =
  '\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const sticky = (pattern: string): RegExp => new RegExp(pattern, 'yu');
const OPENING = /\{[%{#]/g;
const RAW = sticky(`\\{%[-+]?[${BLANK}]*raw[${BLANK}]*(?:-%\\}[${BLANK}]*|%\\})`);
const END_RAW = new RegExp(
  `\\{%([-+]?)[${BLANK}]*endraw[${BLANK}]*(?:\\+%\\}|-%\\}[${BLANK}]*|%\\}\\n?)`,
  'gu',
);
const END_COMMENT = new RegExp(`\\+#\\}|-#\\}[${BLANK}]*|#\\}\\n?`, 'gu');
const END_BLOCK = sticky(`\\+%\\}|-%\\}[${BLANK}]*|%\\}\\n?`);
const END_PRINT = sticky(`-\\}\\}[${BLANK}]*|\\}\\}`);
const BLANKS = sticky(`[${BLANK}]+`);
const DIGITS = '(?:\\d+_)*\\d+';
const FLOAT = sticky(`(?<!\\.)${DIGITS}(?:(?:\\.${DIGITS})?[eE][+-]?${DIGITS}|\\.${DIGITS})`);
const INTEGER = sticky(
  '0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\\da-fA-F])+|[1-9](?:_?\\d)*|0(?:_?0)*',
);
const NAME = sticky('[\\p{L}\\p{N}\\p{M}_]+');
const STRING = sticky(`'(?:[^'\\\\]|\\\\[^])*'|"(?:[^"\\\\]|\\\\[^])*"`);
const OPERATOR = sticky('//|\\*\\*|==|!=|>=|<=|[-+/*%~[\\](){}<>=.:|,;]');
const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const ONLY_BLANKS = new RegExp(`^[${BLANK}]+$`, 'u');
const LAST_BLANKS = new RegExp(`^[${BLANK}]$`, 'u');

function withoutLastBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && LAST_BLANKS.test(text[end - 1]!)) end -= 1;
  return text.slice(0, end);
}

/** @throws Error with the line, where a text is no template. */
export function tokenize(file: string): Token[] {
  const source = file.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let counted = 0;
  /** The preceding tag ended with a line break that was removed. */
  let startsLine = true;

  const lineHere = (): number => {
    for (; counted < at; counted += 1) if (source[counted] === '\n') line += 1;
    return line;
  };
  const fail = (why: string): never => {
    throw new Error(`${why} on line ${lineHere()}`);
  };
  const push = (kind: Token['kind'], text: string): void => {
    tokens.push({ kind, text, line: lineHere() });
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  const pushData = (text: string, sign: string, strips: boolean): void => {
    let kept = text;
    if (sign === '-') kept = withoutLastBlanks(text);
    else if (sign !== '+' && strips) {
      const lineStart = text.lastIndexOf('\n') + 1;
      if ((lineStart > 0 || startsLine) && ONLY_BLANKS.test(text.slice(lineStart))) {
        kept = text.slice(0, lineStart);
      }
    }
    if (kept !== '') push('data', kept);
  };
  const signAt = (place: number): string => {
    const sign = source[place];
    return sign === '-' || sign === '+' ? sign : '';
  };

  /** Everything up to the end of a tag. */
  const inside = (end: RegExp, closing: string): void => {
    const open: string[] = [];
    for (;;) {
      const closed = open.length === 0 ? match(end) : null;
      if (closed) {
        push('tag', closing);
        at += closed[0].length;
        startsLine = closed[0].endsWith('\n');
        return;
      }
      const blanks = match(BLANKS);
      if (blanks) {
        at += blanks[0].length;
        continue;
      }
      if (at >= source.length) fail(`a tag has no ${closing}`);
      const [kind, text] = next();
      if (kind === 'operator') {
        const closer = CLOSERS[text];
        if (closer) open.push(closer);
        else if (')]}'.includes(text) && open.pop() !== text) fail(`unexpected "${text}"`);
      }
      push(kind, kind === 'string' ? unescape(text.slice(1, -1), fail) : text);
      at += text.length;
    }
  };
  const next = (): readonly [Token['kind'], string] => {
    for (const [kind, pattern] of [
      ['float', FLOAT],
      ['integer', INTEGER],
      ['name', NAME],
      ['string', STRING],
      ['operator', OPERATOR],
    ] as const) {
      const found = match(pattern);
      if (found) return [kind, found[0]];
    }
    return fail(`unexpected character "${String.fromCodePoint(source.codePointAt(at)!)}"`);
  };

  while (at < source.length) {
    OPENING.lastIndex = at;
    const opening = OPENING.exec(source);
    if (!opening) {
      push('data', source.slice(at));
      break;
    }
    const text = source.slice(at, opening.index);
    const sign = signAt(opening.index + 2);
    pushData(text, sign, opening[0] !== '{{');
    at = opening.index;
    const raw = opening[0] === '{%' ? match(RAW) : null;
    if (raw) {
      at += raw[0].length;
      startsLine = raw[0].endsWith('\n');
      const end = match(END_RAW) ?? fail('a raw block has no {% endraw %}');
      pushData(source.slice(at, end.index), end[1]!, true);
      at = end.index + end[0].length;
      startsLine = end[0].endsWith('\n');
      continue;
    }
    if (opening[0] !== '{#') push('tag', opening[0]);
    at += 2 + sign.length;
    if (opening[0] === '{#') {
      const end = match(END_COMMENT) ?? fail('a comment has no #}');
      at = end.index + end[0].length;
      startsLine = end[0].endsWith('\n');
    } else if (opening[0] === '{%') inside(END_BLOCK, '%}');
    else inside(END_PRINT, '}}');
  }
  at = source.length;
  push('end', '');
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Escapes as Python reads them in its own strings: an unknown one stays as it is. */
function unescape(text: string, fail: (why: string) => never): string {
  return text.replace(
    /\\(?:([0-7]{1,3})|x([\da-fA-F]{0,2})|u([\da-fA-F]{0,4})|U([\da-fA-F]{0,8})|([^]))/g,
    (whole, octal?: string, x?: string, u?: string, long?: string, other?: string) => {
      if (octal !== undefined) return String.fromCodePoint(parseInt(octal, 8));
      if (other === 'N') return fail('escapes by name ("\\N{...}") are not supported');
      if (other !== undefined) return ESCAPES[other] ?? whole;
      const digits = x ?? u ?? long ?? '';
      const point = parseInt(digits, 16);
      const wanted = x !== undefined ? 2 : u !== undefined ? 4 : 8;
      if (digits.length !== wanted || point > 0x10ffff) return fail(`a broken escape "${whole}"`);
      return String.fromCodePoint(point);
    },
  );
}
