// Values as texts: Python's `str` and `repr`, and its `json.dumps`.

import type { Meter } from './meter';
import {
  Dict,
  DictView,
  isList,
  Markup,
  Namespace,
  Range,
  textIn,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values';

/** As Python writes a float: the shortest digits, with an exponent below 1e-4 and from 1e16. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    const sign = exponent < 0 ? '-' : '+';
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const plain = String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

/** `str(value)`. @throws Error for what Python writes with an address in memory. */
export function text(value: Value, meter: Meter): string {
  if (value instanceof Undefined) return '';
  return textIn(value) ?? meter.text(shown(value, meter));
}

/** `repr(value)`. */
export function shown(value: Value, meter: Meter): string {
  meter.charge(1);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return floatText(value);
  if (typeof value === 'string') return quoted(value, meter);
  if (value instanceof Markup) return `Markup(${quoted(value.text, meter)})`;
  if (value instanceof Undefined) return 'Undefined';
  const many = (items: readonly Value[]): string =>
    meter.deeper(() => meter.text(items.map((item) => shown(item, meter)).join(', ')));
  if (isList(value)) return `[${many(value)}]`;
  if (value instanceof Tuple) return `(${many(value.items)}${value.items.length === 1 ? ',' : ''})`;
  const pairs = (entries: Iterable<readonly [Value, Value]>): string =>
    meter.deeper(() =>
      meter.text(
        Array.from(entries, ([key, each]) => `${shown(key, meter)}: ${shown(each, meter)}`).join(
          ', ',
        ),
      ),
    );
  if (value instanceof Dict) return `{${pairs(value.entries())}}`;
  if (value instanceof Namespace) return `<Namespace {${pairs(value.values)}}>`;
  if (value instanceof DictView) return `${value.typeName}([${many(pairsOf(value))}])`;
  if (value instanceof Range) {
    const step = value.step === 1 ? '' : `, ${value.step}`;
    return `range(${value.start}, ${value.stop}${step})`;
  }
  throw new Error(`a ${typeName(value)} can not be written as text`);
}

const pairsOf = ({ dict, kind }: DictView): Value[] =>
  Array.from(dict.entries(), ([key, value]) =>
    kind === 'keys' ? key : kind === 'values' ? value : new Tuple([key, value]),
  );

const ESCAPED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

const hex = (point: number, digits: number): string => point.toString(16).padStart(digits, '0');

function quoted(value: string, meter: Meter): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const inner = value.replace(/[\p{C}\p{Z}\\'"]/gu, (point) => {
    if (point === ' ') return point;
    if (point === '"' || point === "'") return point === quote ? `\\${point}` : point;
    const known = ESCAPED[point];
    if (known !== undefined) return known;
    const code = point.codePointAt(0)!;
    if (code < 0x100) return `\\x${hex(code, 2)}`;
    return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  });
  return meter.text(`${quote}${inner}${quote}`);
}

export interface JsonOptions {
  readonly ascii: boolean;
  /** Indentation of one level; null: everything on one line. */
  readonly indent: string | null;
  readonly separators: readonly [item: string, key: string];
  readonly sortKeys: boolean;
}

const JSON_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
};

function jsonString(value: string, ascii: boolean): string {
  const inner = value.replace(
    ascii ? /["\\\0-\x1f]|[^ -~]/g : /["\\\0-\x1f]/g,
    (unit) => JSON_ESCAPES[unit] ?? `\\u${hex(unit.charCodeAt(0), 4)}`,
  );
  return `"${inner}"`;
}

function jsonNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatText(value);
}

/** `json.dumps(value)`. @throws Error for what JSON has no form for. */
export function json(value: Value, options: JsonOptions, meter: Meter, level = 0): string {
  meter.charge(1);
  const string = textIn(value);
  if (string !== null) return meter.text(jsonString(string, options.ascii));
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return jsonNumber(value);
  const { indent, separators } = options;
  const wrap = (open: string, parts: readonly string[], close: string): string => {
    if (parts.length === 0) return open + close;
    if (indent === null) return meter.text(open + parts.join(separators[0]) + close);
    const line = `\n${indent.repeat(level + 1)}`;
    const inner = parts.join(separators[0] + line);
    return meter.text(`${open}${line}${inner}\n${indent.repeat(level)}${close}`);
  };
  const inside = (item: Value): string => json(item, options, meter, level + 1);
  if (isList(value) || value instanceof Tuple) {
    const items = isList(value) ? value : value.items;
    return meter.deeper(() => wrap('[', items.map(inside), ']'));
  }
  if (value instanceof Dict) {
    return meter.deeper(() => {
      let entries = Array.from(value.entries(), ([key, each]) => [jsonKey(key), each] as const);
      if (options.sortKeys) {
        meter.charge(entries.length * 8);
        entries = entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
      }
      const parts = entries.map(
        ([key, each]) => jsonString(key, options.ascii) + separators[1] + inside(each),
      );
      return wrap('{', parts, '}');
    });
  }
  throw new Error(`Object of type ${typeName(value)} is not JSON serializable`);
}

function jsonKey(key: Value): string {
  if (typeof key === 'number') return jsonNumber(key);
  if (key === null) return 'null';
  if (typeof key === 'boolean' || typeof key === 'bigint') return String(key);
  const string = textIn(key);
  if (string === null) throw new Error(`keys must be texts or numbers, not ${typeName(key)}`);
  return string;
}
