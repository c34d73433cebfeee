// Python's two ways to put values into a text: `"%s" % value` and `"{}".format(value)`.

import type { Meter } from './meter';
import { floatText, shown, text } from './print';
import { lengthOf, sliceOf } from './text';
import { Dict, isList, textIn, Tuple, typeName, Undefined, type Value } from './values';

interface Layout {
  readonly fill: string;
  /** '=': between sign and digits. */
  readonly align: '<' | '>' | '^' | '=' | '';
  readonly sign: string;
  readonly alternate: boolean;
  readonly width: number;
  readonly grouping: string;
  /** Null: not given. */
  readonly precision: number | null;
  readonly type: string;
}

/** @throws Error for a width or precision that no prompt has use for. */
function sizeIn(digits: string | undefined, meter: Meter): number {
  const size = Number(digits ?? 0);
  meter.make(size);
  return size;
}

function pad(body: string, { fill, align, width }: Layout, byDefault: '<' | '>'): string {
  const missing = width - lengthOf(body);
  if (missing <= 0) return body;
  const side = align || byDefault;
  const before = side === '<' ? 0 : side === '^' ? Math.floor(missing / 2) : missing;
  if (side === '=') {
    const sign = /^[-+ ]?(?:0[xXobB])?/.exec(body)![0];
    return sign + fill.repeat(missing) + body.slice(sign.length);
  }
  return fill.repeat(before) + body + fill.repeat(missing - before);
}

/**
 * A number with `digits` decimal places; ties go to the even digit.
 * @param digits 0 to 100
 */
function fixed(value: number, digits: number): string {
  if (Math.abs(value) >= 1e21)
    return `${BigInt(value)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`;
  if (digits > 100) throw new Error('more than 100 digits after the point are not supported');
  const rounded = value.toFixed(digits);
  // toFixed takes the greater of two that are equally near; a tie has a 5 and then nothing but zeros.
  const exact = Math.abs(value).toFixed(Math.min(100, digits + 60));
  const rest = exact.slice(exact.indexOf('.') + 1 + digits);
  if (!/^50*$/.test(rest)) return rounded;
  const down = exact.slice(0, exact.indexOf('.') + 1 + digits).replace(/\.$/, '');
  const isEven = Number(/\d$/.exec(down)![0]) % 2 === 0;
  return isEven ? (value < 0 ? `-${down}` : down) : rounded;
}

const twoDigitExponent = (written: string): string =>
  written.replace(/e([+-])(\d)$/, (_, sign: string, digit: string) => `e${sign}0${digit}`);

/** `%g`: `precision` significant digits, with an exponent where that is shorter. */
function general(value: number, precision: number, alternate: boolean): string {
  const digits = Math.max(1, precision);
  const exponential = value.toExponential(digits - 1);
  const exponent = Number(exponential.split('e')[1]);
  const trim = (part: string): string =>
    alternate || !part.includes('.') ? part : part.replace(/\.?0+$/, '');
  if (exponent < -4 || exponent >= digits) {
    const [mantissa = '', power = ''] = exponential.split('e');
    return twoDigitExponent(`${trim(mantissa)}e${power}`);
  }
  return trim(fixed(value, digits - 1 - exponent));
}

/** The digits of a number without its sign. */
function digitsOf(value: bigint | number, type: string, layout: Layout): string {
  const { precision, alternate } = layout;
  if (typeof value === 'bigint' && 'dxXobBc'.includes(type)) {
    if (type === 'c') return String.fromCodePoint(Number(value));
    const radix = { d: 10, x: 16, X: 16, o: 8, b: 2 }[type]!;
    const digits = value.toString(radix).padStart(precision ?? 0, '0');
    const prefix = alternate && type !== 'd' ? `0${type.toLowerCase()}` : '';
    return type === 'X' ? (prefix + digits).toUpperCase() : prefix + digits;
  }
  const number = Number(value);
  if (!Number.isFinite(number)) {
    const word = Number.isNaN(number) ? 'nan' : 'inf';
    return type === type.toUpperCase() ? word.toUpperCase() : word;
  }
  if ((precision ?? 0) > 100) throw new Error('more than 100 digits are not supported');
  switch (type.toLowerCase()) {
    case 'e': {
      const written = twoDigitExponent(number.toExponential(precision ?? 6));
      return type === 'E' ? written.toUpperCase() : written;
    }
    case 'g': {
      const written = general(number, precision ?? 6, alternate);
      return type === 'G' ? written.toUpperCase() : written;
    }
    case '%':
      return `${fixed(number * 100, precision ?? 6)}%`;
    default:
      return fixed(number, precision ?? 6);
  }
}

function grouped(digits: string, grouping: string): string {
  if (grouping === '') return digits;
  const [, whole = '', rest = ''] = /^(\d+)(.*)$/.exec(digits) ?? [];
  return whole.replace(/\B(?=(?:\d{3})+$)/g, grouping) + rest;
}

function formatNumber(value: bigint | number, type: string, layout: Layout): string {
  const negative = value < 0 || Object.is(value, -0);
  const sign = negative ? '-' : layout.sign === '-' ? '' : layout.sign;
  const digits = digitsOf(negative ? -value : value, type, layout);
  return pad(sign + grouped(digits, layout.grouping), layout, '>');
}

// %(name)s: flags, width and precision as in C.
const PERCENT = /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?([^])?/g;

/** `template % values`. @throws Error as Python does, and for what is not supported. */
export function formatPercent(template: string, values: Value, meter: Meter): string {
  meter.read(template.length);
  const given = values instanceof Tuple ? values.items : [values];
  let used = 0;
  let named = false;
  const next = (): Value => {
    const value = given[used];
    used += 1;
    if (value === undefined) throw new Error('not enough arguments for format string');
    return value;
  };
  const made = template.replace(
    PERCENT,
    (
      whole: string,
      name: string | undefined,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      type: string | undefined,
    ) => {
      if (type === undefined) throw new Error('incomplete format');
      if (type === '%') return '%';
      if (width === '*' || precision === '*') throw new Error(`"${whole}" is not supported`);
      let value: Value;
      if (name === undefined) value = next();
      else {
        named = true;
        const found = values instanceof Dict ? values.get(name, meter) : undefined;
        if (found === undefined) throw new Error(`there is no '${name}' to format`);
        value = found;
      }
      const left = flags.includes('-');
      const layout: Layout = {
        fill: flags.includes('0') && !left ? '0' : ' ',
        align: left ? '<' : flags.includes('0') ? '=' : '>',
        sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '-',
        alternate: flags.includes('#'),
        width: sizeIn(width, meter),
        grouping: '',
        precision: precision === undefined ? null : sizeIn(precision, meter),
        type,
      };
      return meter.text(percentPart(value, layout, meter));
    },
  );
  const takesAll =
    named || (values instanceof Dict && used === 0) || (isList(values) && used === 0);
  if (!takesAll && used < given.length) {
    throw new Error('not all arguments converted during string formatting');
  }
  return meter.text(made);
}

function percentPart(value: Value, layout: Layout, meter: Meter): string {
  const { type, precision } = layout;
  if (type === 's' || type === 'r') {
    const whole = type === 's' ? text(value, meter) : shown(value, meter);
    const body = precision === null ? whole : sliceOf(whole, 0, precision);
    return pad(body, { ...layout, fill: ' ', align: layout.align === '<' ? '<' : '>' }, '>');
  }
  if (type === 'c' && textIn(value) !== null) return pad(textIn(value)!, layout, '>');
  if (!'diuxXoeEfFgGc'.includes(type)) throw new Error(`unsupported format character '${type}'`);
  if (value instanceof Undefined) throw new Error(value.why);
  const number = typeof value === 'boolean' ? BigInt(value) : value;
  if (typeof number !== 'bigint' && typeof number !== 'number') {
    throw new Error(`%${type} format: a number is required, not ${typeName(value)}`);
  }
  const isWhole = 'diuxXoc'.includes(type);
  if (isWhole && typeof number === 'number' && !'diu'.includes(type)) {
    throw new Error(`%${type} format: an integer is required, not float`);
  }
  const whole = isWhole && typeof number === 'number' ? BigInt(Math.trunc(number)) : number;
  return formatNumber(whole, isWhole && 'iu'.includes(type) ? 'd' : type, layout);
}

const FIELD = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;
const SPEC = /^(?:([^])?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/u;

/**
 * `template.format(...)`.
 * @param attribute looks up `.name` and `[index]` of a field
 * @throws Error as Python does, and for fields within fields.
 */
export function formatBraces(
  template: string,
  positional: readonly Value[],
  keyword: ReadonlyMap<string, Value>,
  attribute: (object: Value, name: Value, isItem: boolean) => Value,
  meter: Meter,
): string {
  meter.read(template.length);
  let automatic = 0;
  const made = template.replace(FIELD, (whole, field?: string) => {
    if (whole === '{{' || whole === '}}') return whole[0]!;
    const parts =
      field === undefined ? null : /^([^.[!:]*)([^!:]*)(?:!([sr]))?(?::([^]*))?$/u.exec(field);
    if (!parts) throw new Error(`"${whole}" in a format is not supported`);
    const [, name = '', path = '', conversion, spec = ''] = parts;
    let value: Value | undefined;
    if (name === '') value = positional[automatic++];
    else value = /^\d+$/.test(name) ? positional[Number(name)] : keyword.get(name);
    if (value === undefined) throw new Error(`there is no value for "${whole}" to format`);
    for (const [step, dotted, index] of path.matchAll(/\.([^.[]+)|\[([^\]]+)\]|[^]/gu)) {
      if (dotted === undefined && index === undefined) throw new Error(`"${step}" in a format`);
      const key = dotted ?? (/^\d+$/.test(index!) ? BigInt(index!) : index!);
      value = attribute(value, key, dotted === undefined);
    }
    if (conversion) value = conversion === 's' ? text(value, meter) : shown(value, meter);
    return meter.text(bracesPart(value, spec, meter));
  });
  return meter.text(made);
}

function bracesPart(value: Value, spec: string, meter: Meter): string {
  if (spec === '') return text(value, meter);
  const found = SPEC.exec(spec);
  if (!found) throw new Error(`Invalid format specifier '${spec}'`);
  const [, fill, align, sign = '-', alternate, zero, width, grouping = '', precision, type = ''] =
    found;
  const layout: Layout = {
    fill: fill ?? (zero ? '0' : ' '),
    align: (align ?? (zero ? '=' : '')) as Layout['align'],
    sign,
    alternate: alternate !== undefined,
    width: sizeIn(width, meter),
    grouping,
    precision: precision === undefined ? null : sizeIn(precision, meter),
    type,
  };
  const string = textIn(value);
  if (string !== null) {
    if (type !== '' && type !== 's') throw new Error(`Unknown format code '${type}' for a text`);
    const body = layout.precision === null ? string : sliceOf(string, 0, layout.precision);
    return pad(body, layout.align === '=' ? { ...layout, align: '<' } : layout, '<');
  }
  const number = typeof value === 'boolean' ? BigInt(value) : value;
  if (typeof number === 'bigint') {
    if (type === 's') throw new Error("Unknown format code 's' for a number");
    return formatNumber(number, type === '' || type === 'n' ? 'd' : type, layout);
  }
  if (typeof number !== 'number') {
    throw new Error(`unsupported format string passed to ${typeName(value)}.__format__`);
  }
  if (type === '' && layout.precision === null) {
    const written = floatText(Math.abs(number));
    const negative = number < 0 || Object.is(number, -0);
    return pad(
      (negative ? '-' : sign === '-' ? '' : sign) + grouped(written, grouping),
      layout,
      '>',
    );
  }
  if (!'eEfFgGn%'.includes(type || 'g') || type === '')
    throw new Error(`"${spec}" is not supported`);
  return formatNumber(number, type === 'n' ? 'g' : type, layout);
}

/** `round(value, digits)` of a float. */
export function rounded(value: number, digits: number): number {
  if (!Number.isFinite(value)) return value;
  if (digits >= 0) return digits > 60 ? value : Number(fixed(value, digits));
  const unit = 10 ** -digits;
  const down = Math.floor(value / unit);
  const rest = value / unit - down;
  const up = rest > 0.5 || (rest === 0.5 && down % 2 !== 0);
  return (down + (up ? 1 : 0)) * unit;
}
