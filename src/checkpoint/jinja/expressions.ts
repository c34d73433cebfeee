// The expressions of jinja2 3.1, with its order of operators: `~` binds tighter than `+`, filters tighter than
// `**`, and of tests one can follow another only with a `not` or brackets between them.

import type { BinaryOperator, CallArguments, CompareOperator, Expression } from './ast';
import type { Token } from './lexer';

/** Deeper than that Python's own parser gives up. */
const MAX_DEPTH = 90;
const CONSTANTS: ReadonlyMap<string, null | boolean> = new Map<string, null | boolean>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);
const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);
const NO_ARGUMENTS: CallArguments = {
  positional: [],
  keyword: [],
  spread: null,
  spreadKeyword: null,
};

export const isConstantName = (name: string): boolean => CONSTANTS.has(name);

export class ExpressionParser {
  #at = 0;
  #depth = 0;

  protected readonly tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  get token(): Token {
    return this.tokens[this.#at]!;
  }

  get following(): Token {
    return this.tokens[Math.min(this.#at + 1, this.tokens.length - 1)]!;
  }

  advance(): Token {
    const { token } = this;
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  is(kind: Token['kind'], text?: string): boolean {
    return this.token.kind === kind && (text === undefined || this.token.text === text);
  }

  skip(kind: Token['kind'], text?: string): boolean {
    const found = this.is(kind, text);
    if (found) this.advance();
    return found;
  }

  expect(kind: Token['kind'], text?: string): Token {
    if (!this.is(kind, text)) {
      this.fail(`expected ${text === undefined ? `a ${kind}` : `"${text}"`}, not ${this.here()}`);
    }
    return this.advance();
  }

  here(): string {
    return this.token.kind === 'end' ? 'the end of the template' : `"${this.token.text}"`;
  }

  fail(why: string): never {
    throw new Error(`${why} on line ${this.token.line}`);
  }

  expression(withConditional = true): Expression {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.fail('brackets are nested too deeply');
    const found = withConditional ? this.#conditional() : this.#or();
    this.#depth -= 1;
    return found;
  }

  /** `a, b`: a tuple where a comma follows. */
  tuple(withConditional = true, ends: readonly string[] = []): Expression {
    return this.#sequence(() => this.expression(withConditional), ends, false);
  }

  /** The targets of an assignment: names, and tuples of them. */
  simpleTuple(ends: readonly string[]): Expression {
    return this.#sequence(() => this.primary(), ends, false);
  }

  #sequence(part: () => Expression, ends: readonly string[], inBrackets: boolean): Expression {
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) this.expect('operator', ',');
      if (this.#endsTuple(ends)) break;
      items.push(part());
      if (!this.is('operator', ',')) break;
      isTuple = true;
    }
    if (!isTuple) {
      if (items[0]) return items[0];
      if (!inBrackets) this.fail(`expected an expression, not ${this.here()}`);
    }
    return { type: 'tuple', items };
  }

  #endsTuple(ends: readonly string[]): boolean {
    const { kind, text } = this.token;
    return (
      (kind === 'tag' && (text === '}}' || text === '%}')) ||
      (kind === 'operator' && text === ')') ||
      (kind === 'name' && ends.includes(text))
    );
  }

  #conditional(): Expression {
    let found = this.#or();
    while (this.skip('name', 'if')) {
      const test = this.#or();
      const otherwise = this.skip('name', 'else') ? this.#conditional() : null;
      found = { type: 'conditional', test, then: found, otherwise };
    }
    return found;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.skip('name', 'or')) left = { type: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.skip('name', 'and')) left = { type: 'and', left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    let count = 0;
    while (this.skip('name', 'not')) count += 1;
    let found = this.#compare();
    if (count > MAX_DEPTH) this.fail('"not" is repeated too often');
    for (; count > 0; count -= 1) found = { type: 'unary', operator: 'not', operand: found };
    return found;
  }

  #compare(): Expression {
    const first = this.#sum();
    const rest: { operator: CompareOperator; operand: Expression }[] = [];
    for (;;) {
      if (this.token.kind === 'operator' && COMPARISONS.has(this.token.text)) {
        const operator = this.advance().text as CompareOperator;
        rest.push({ operator, operand: this.#sum() });
      } else if (this.skip('name', 'in')) rest.push({ operator: 'in', operand: this.#sum() });
      else if (
        this.is('name', 'not') &&
        this.following.kind === 'name' &&
        this.following.text === 'in'
      ) {
        this.advance();
        this.advance();
        rest.push({ operator: 'not in', operand: this.#sum() });
      } else break;
    }
    return rest.length > 0 ? { type: 'compare', first, rest } : first;
  }

  #sum(): Expression {
    return this.#binary(['+', '-'], () => this.#concat());
  }

  #concat(): Expression {
    const items = [this.#product()];
    while (this.skip('operator', '~')) items.push(this.#product());
    return items.length > 1 ? { type: 'concat', items } : items[0]!;
  }

  #product(): Expression {
    return this.#binary(['*', '/', '//', '%'], () => this.#binary(['**'], () => this.#unary(true)));
  }

  #binary(operators: readonly string[], part: () => Expression): Expression {
    let left = part();
    while (this.token.kind === 'operator' && operators.includes(this.token.text)) {
      const operator = this.advance().text as BinaryOperator;
      left = { type: 'binary', operator, left, right: part() };
    }
    return left;
  }

  #unary(withFilter: boolean): Expression {
    const { kind, text } = this.token;
    let found: Expression;
    if (kind === 'operator' && (text === '-' || text === '+')) {
      this.advance();
      this.#depth += 1;
      if (this.#depth > MAX_DEPTH) this.fail('signs are repeated too often');
      found = { type: 'unary', operator: text, operand: this.#unary(false) };
      this.#depth -= 1;
    } else found = this.primary();
    found = this.#postfix(found);
    return withFilter ? this.#filtersAndTests(found) : found;
  }

  /** A constant, a name, or something in brackets. */
  primary(): Expression {
    const { kind, text } = this.token;
    if (kind === 'name') {
      this.advance();
      const constant = CONSTANTS.get(text);
      return constant === undefined
        ? { type: 'name', name: text }
        : { type: 'constant', value: constant };
    }
    if (kind === 'string') {
      let value = '';
      while (this.token.kind === 'string') value += this.advance().text;
      return { type: 'constant', value };
    }
    if (kind === 'integer') {
      this.advance();
      return { type: 'constant', value: BigInt(text.replaceAll('_', '')) };
    }
    if (kind === 'float') {
      this.advance();
      return { type: 'constant', value: Number(text.replaceAll('_', '')) };
    }
    if (this.skip('operator', '(')) {
      const inner = this.#sequence(() => this.expression(), [], true);
      this.expect('operator', ')');
      return inner;
    }
    if (this.skip('operator', '[')) {
      return { type: 'list', items: this.#items(']', () => this.expression()) };
    }
    if (this.skip('operator', '{')) {
      const pairs = this.#items('}', () => {
        const key = this.expression();
        this.expect('operator', ':');
        return [key, this.expression()] as const;
      });
      return { type: 'dict', pairs };
    }
    return this.fail(`unexpected ${this.here()}`);
  }

  #items<T>(closer: string, item: () => T): T[] {
    const items: T[] = [];
    while (!this.is('operator', closer)) {
      if (items.length > 0) this.expect('operator', ',');
      if (this.is('operator', closer)) break;
      items.push(item());
    }
    this.advance();
    return items;
  }

  #postfix(start: Expression): Expression {
    let found = start;
    for (;;) {
      if (this.skip('operator', '.')) {
        const { kind, text } = this.advance();
        if (kind === 'name') found = { type: 'attribute', object: found, name: text };
        else if (kind === 'integer') {
          const index = { type: 'constant', value: BigInt(text.replaceAll('_', '')) } as const;
          found = { type: 'item', object: found, index };
        } else this.fail('a name or a number has to follow a dot');
      } else if (this.skip('operator', '[')) found = this.#subscript(found);
      else if (this.is('operator', '(')) {
        found = { type: 'call', callee: found, args: this.callArguments() };
      } else return found;
    }
  }

  #subscript(object: Expression): Expression {
    const parts = this.#items(']', () => this.#subscribed());
    if (parts.length === 0) this.fail('the brackets after a value are empty');
    const [only] = parts;
    if (parts.length === 1) {
      return only!.slice
        ? { type: 'slice', object, ...only!.slice }
        : { type: 'item', object, index: only!.index! };
    }
    if (parts.some(({ slice }) => slice))
      this.fail('slices of several dimensions are not supported');
    return {
      type: 'item',
      object,
      index: { type: 'tuple', items: parts.map(({ index }) => index!) },
    };
  }

  #subscribed(): {
    index?: Expression;
    slice?: { from: Expression | null; to: Expression | null; step: Expression | null };
  } {
    const bound = (): Expression | null =>
      this.is('operator', ':') || this.is('operator', ']') || this.is('operator', ',')
        ? null
        : this.expression();
    const from = bound();
    if (!this.skip('operator', ':'))
      return from ? { index: from } : this.fail('an index is missing');
    const to = bound();
    const step = this.skip('operator', ':') ? bound() : null;
    return { slice: { from, to, step } };
  }

  #filtersAndTests(start: Expression): Expression {
    let found = start;
    for (;;) {
      if (this.is('operator', '|')) found = this.filter(found)!;
      else if (this.is('name', 'is')) found = this.#test(found);
      else if (this.is('operator', '(')) {
        found = { type: 'call', callee: found, args: this.callArguments() };
      } else return found;
    }
  }

  /** Filters as they follow a value, or the name of a block. */
  filter(input: Expression | null, startsAtName = false): Expression | null {
    let found = input;
    let first = startsAtName;
    while (first || this.skip('operator', '|')) {
      first = false;
      const name = this.#dotted();
      const args = this.is('operator', '(') ? this.callArguments() : NO_ARGUMENTS;
      found = { type: 'filter', input: found, name, args };
    }
    return found;
  }

  #dotted(): string {
    let name = this.expect('name').text;
    while (this.skip('operator', '.')) name += `.${this.expect('name').text}`;
    return name;
  }

  #test(operand: Expression): Expression {
    this.expect('name', 'is');
    const negated = this.skip('name', 'not');
    const name = this.#dotted();
    let args = NO_ARGUMENTS;
    const { kind, text } = this.token;
    if (this.is('operator', '(')) args = this.callArguments();
    else if (
      kind === 'string' ||
      kind === 'integer' ||
      kind === 'float' ||
      (kind === 'operator' && (text === '[' || text === '{')) ||
      (kind === 'name' && !['else', 'or', 'and'].includes(text))
    ) {
      if (kind === 'name' && text === 'is') this.fail('tests can not be chained with "is"');
      args = { ...NO_ARGUMENTS, positional: [this.#postfix(this.primary())] };
    }
    const test: Expression = { type: 'test', operand, name, args };
    return negated ? { type: 'unary', operator: 'not', operand: test } : test;
  }

  callArguments(): CallArguments {
    this.expect('operator', '(');
    const positional: Expression[] = [];
    const keyword: [string, Expression][] = [];
    let spread: Expression | null = null;
    let spreadKeyword: Expression | null = null;
    this.#items(')', () => {
      if (this.skip('operator', '*')) {
        if (spread ?? spreadKeyword) this.fail('arguments are in the wrong order');
        spread = this.expression();
      } else if (this.skip('operator', '**')) {
        if (spreadKeyword) this.fail('arguments are in the wrong order');
        spreadKeyword = this.expression();
      } else if (
        this.token.kind === 'name' &&
        this.following.kind === 'operator' &&
        this.following.text === '='
      ) {
        if (spreadKeyword) this.fail('arguments are in the wrong order');
        const name = this.advance().text;
        this.advance();
        keyword.push([name, this.expression()]);
      } else {
        if (spread ?? spreadKeyword ?? keyword[0]) this.fail('arguments are in the wrong order');
        positional.push(this.expression());
      }
    });
    return { positional, keyword, spread, spreadKeyword };
  }
}
