// The tests of jinja2: `value is name(arguments)`.

import type { Meter } from './meter';
import { compare, contains, equal, iterator } from './operators';
import { text } from './print';
import { TEXT_TESTS } from './text';
import {
  bind,
  type Arguments,
  Computed,
  Dict,
  Func,
  isList,
  Markup,
  Range,
  textIn,
  Tuple,
  Undefined,
  type Value,
} from './values';
import { binary } from './operators';

export type Test = (value: Value, args: Arguments, meter: Meter) => boolean;

const alone =
  (name: string, test: (value: Value, meter: Meter) => boolean): Test =>
  (value, args, meter) => {
    bind(name, args, []);
    return test(value, meter);
  };

const withOther =
  (name: string, test: (value: Value, other: Value, meter: Meter) => boolean): Test =>
  (value, args, meter) => {
    const [other] = bind(name, args, ['other'], 1);
    return test(value, other!, meter);
  };

const remainder = (value: Value, by: Value, meter: Meter): Value => binary('%', value, by, meter);
const isNumber = (value: Value): boolean =>
  typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean';
const eq = withOther('eq', equal);
const ne = withOther('ne', (a, b, meter) => !equal(a, b, meter));
const lt = withOther('lt', (a, b, meter) => compare('<', a, b, meter));
const le = withOther('le', (a, b, meter) => compare('<=', a, b, meter));
const gt = withOther('gt', (a, b, meter) => compare('>', a, b, meter));
const ge = withOther('ge', (a, b, meter) => compare('>=', a, b, meter));

const isIdentical = (a: Value, b: Value): boolean => a === b;

const isSequence = (value: Value): boolean =>
  textIn(value) !== null ||
  isList(value) ||
  value instanceof Tuple ||
  value instanceof Dict ||
  value instanceof Range ||
  value instanceof Undefined;

const tested = (name: 'islower' | 'isupper') => (value: Value, meter: Meter) => {
  const written = text(value, meter);
  meter.points(written.length);
  return TEXT_TESTS[name]!(written);
};

export const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['odd', alone('odd', (value, meter) => equal(remainder(value, 2n, meter), 1n, meter))],
  ['even', alone('even', (value, meter) => equal(remainder(value, 2n, meter), 0n, meter))],
  [
    'divisibleby',
    withOther('divisibleby', (a, b, meter) => equal(remainder(a, b, meter), 0n, meter)),
  ],
  ['defined', alone('defined', (value) => !(value instanceof Undefined))],
  ['undefined', alone('undefined', (value) => value instanceof Undefined)],
  ['none', alone('none', (value) => value === null)],
  ['boolean', alone('boolean', (value) => typeof value === 'boolean')],
  ['true', alone('true', (value) => value === true)],
  ['false', alone('false', (value) => value === false)],
  ['integer', alone('integer', (value) => typeof value === 'bigint')],
  ['float', alone('float', (value) => typeof value === 'number')],
  ['number', alone('number', isNumber)],
  ['string', alone('string', (value) => textIn(value) !== null)],
  ['mapping', alone('mapping', (value) => value instanceof Dict)],
  ['sequence', alone('sequence', isSequence)],
  ['iterable', alone('iterable', (value) => iterator(value) !== null)],
  [
    'callable',
    alone(
      'callable',
      (value) =>
        value instanceof Func ||
        // An undefined value can be called, which then raises.
        value instanceof Undefined ||
        (value instanceof Computed && value.callable),
    ),
  ],
  ['escaped', alone('escaped', (value) => value instanceof Markup)],
  ['lower', alone('lower', tested('islower'))],
  ['upper', alone('upper', tested('isupper'))],
  ['sameas', withOther('sameas', isIdentical)],
  ['in', withOther('in', (value, container, meter) => contains(container, value, meter))],
  ['==', eq],
  ['eq', eq],
  ['equalto', eq],
  ['!=', ne],
  ['ne', ne],
  ['<', lt],
  ['lt', lt],
  ['lessthan', lt],
  ['<=', le],
  ['le', le],
  ['>', gt],
  ['gt', gt],
  ['greaterthan', gt],
  ['>=', ge],
  ['ge', ge],
]);

/** Tests of jinja2 that are not here. */
export const UNSUPPORTED_TESTS: ReadonlySet<string> = new Set(['filter', 'test']);
