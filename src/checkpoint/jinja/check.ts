// Checks a template before it is rendered: unsupported filters, tests and methods are refused when it is
// parsed, not at the first question. As in jinja2, an unknown filter inside an `if` is an error only when it
// is reached.

import type { Block, CallArguments, Expression, Statement } from './ast';
import { UNSUPPORTED_METHODS } from './attributes';
import { refuseUnknownLetters } from './day';
import { FILTERS, UNSUPPORTED_FILTERS } from './filters';
import { TESTS, UNSUPPORTED_TESTS } from './tests';

/** @throws Error that names what is not supported. */
export function check(template: Block): void {
  block(template, false);
}

/** @param soft an `if` decides whether it is reached */
function block(statements: Block, soft: boolean): void {
  for (const one of statements) statement(one, soft);
}

function statement(node: Statement, soft: boolean): void {
  switch (node.type) {
    case 'print':
      expression(node.value, soft);
      break;
    case 'set':
      expression(node.value, soft);
      break;
    case 'if':
      for (const { test, body } of node.branches) {
        expression(test, true);
        block(body, true);
      }
      block(node.otherwise, true);
      break;
    case 'for':
      expression(node.iterable, soft);
      if (node.test) expression(node.test, false);
      block(node.body, false);
      block(node.otherwise, false);
      break;
    case 'with':
      for (const [, value] of node.assignments) expression(value, soft);
      block(node.body, false);
      break;
    case 'set-block':
    case 'filter-block':
      if (node.filter) expression(node.filter, false);
      block(node.body, false);
      break;
    case 'call-block':
      expression(node.call, soft);
      node.signature.defaults.forEach((value) => expression(value, false));
      block(node.body, false);
      break;
    case 'macro':
      node.signature.defaults.forEach((value) => expression(value, false));
      block(node.body, false);
      break;
    case 'generation':
      block(node.body, false);
      break;
    case 'data':
    case 'break':
    case 'continue':
      break;
  }
}

function known(
  kind: 'filter' | 'test',
  name: string,
  there: ReadonlyMap<string, unknown>,
  refused: ReadonlySet<string>,
  soft: boolean,
): void {
  if (refused.has(name)) throw new Error(`its ${kind} "${name}" is not supported`);
  if (!there.has(name) && !soft) throw new Error(`there is no ${kind} named "${name}"`);
}

/** Names of filters and tests that are given as texts: `map("upper")`. */
function namedByText(name: string, { positional }: CallArguments): void {
  const at = { map: 0, select: 0, reject: 0, selectattr: 1, rejectattr: 1 }[name];
  const given = at === undefined ? undefined : positional[at];
  if (given?.type !== 'constant' || typeof given.value !== 'string') return;
  if (name === 'map') known('filter', given.value, FILTERS, UNSUPPORTED_FILTERS, true);
  else known('test', given.value, TESTS, UNSUPPORTED_TESTS, true);
}

function call(callee: Expression, { positional }: CallArguments): void {
  if (callee.type === 'attribute' && UNSUPPORTED_METHODS.has(callee.name)) {
    throw new Error(`its method "${callee.name}" is not supported`);
  }
  if (callee.type !== 'name') return;
  if (callee.name === 'lipsum') throw new Error('its function "lipsum" is not supported');
  const [format] = positional;
  if (callee.name === 'strftime_now' && format?.type === 'constant') {
    refuseUnknownLetters(String(format.value));
  }
}

const isNumber = (node: Expression): boolean =>
  node.type === 'unary' ? isNumber(node.operand) : node.type === 'constant';

/**
 * jinja2 writes a negative number into a program of Python as it stands, where `-2 ** n` is -(2 ** n), but computes
 * the power itself where both are written out.
 */
function power({ left, right }: Expression & { readonly type: 'binary' }): void {
  if (left.type !== 'unary' || !isNumber(left) || isNumber(right)) return;
  throw new Error('a negative number to a power that is not written out is not supported');
}

function expression(node: Expression, soft: boolean): void {
  const all = (nodes: readonly (Expression | null)[], softly = soft): void => {
    for (const each of nodes) if (each) expression(each, softly);
  };
  const inArguments = ({ positional, keyword, spread, spreadKeyword }: CallArguments): void =>
    all([...positional, ...keyword.map(([, value]) => value), spread, spreadKeyword]);
  switch (node.type) {
    case 'constant':
    case 'name':
      break;
    case 'list':
    case 'tuple':
    case 'concat':
      all(node.items);
      break;
    case 'dict':
      all(node.pairs.flat());
      break;
    case 'binary':
      if (node.operator === '**') power(node);
      all([node.left, node.right]);
      break;
    case 'and':
    case 'or':
      all([node.left, node.right]);
      break;
    case 'unary':
      all([node.operand]);
      break;
    case 'compare':
      all([node.first, ...node.rest.map(({ operand }) => operand)]);
      break;
    case 'conditional':
      all([node.test, node.then, node.otherwise], true);
      break;
    case 'attribute':
      all([node.object]);
      break;
    case 'item':
      all([node.object, node.index]);
      break;
    case 'slice':
      all([node.object, node.from, node.to, node.step]);
      break;
    case 'call':
      call(node.callee, node.args);
      all([node.callee]);
      inArguments(node.args);
      break;
    case 'filter':
      known('filter', node.name, FILTERS, UNSUPPORTED_FILTERS, soft);
      namedByText(node.name, node.args);
      all([node.input]);
      inArguments(node.args);
      break;
    case 'test':
      known('test', node.name, TESTS, UNSUPPORTED_TESTS, soft);
      all([node.operand]);
      inArguments(node.args);
      break;
  }
}
