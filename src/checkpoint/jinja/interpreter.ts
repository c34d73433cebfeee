// Renders a template. Scoping is lexical, as in jinja2: a loop starts each iteration with fresh variables, a
// block sees the outer ones and changes none of them, and a macro sees those of its definition, not of its
// caller.

import type { Block, CallArguments, Expression, Signature, Statement, Target } from './ast';
import { getAttribute, getItem } from './attributes';
import type { FilterTools } from './filter';
import { FILTERS } from './filters';
import { Loop } from './loop';
import { uses } from './macro-names';
import type { Meter } from './meter';
import {
  binary,
  compare,
  concatenate,
  iterate,
  negative,
  notCallable,
  slice,
  truth,
} from './operators';
import { text } from './print';
import { TESTS } from './tests';
import type { UnsetNames } from './unset-names';
import {
  type Arguments,
  Computed,
  Dict,
  firstOf,
  Func,
  Namespace,
  textIn,
  Tuple,
  Undefined,
  type Value,
} from './values';

class Scope {
  readonly variables = new Map<string, Value>();

  readonly parent: Scope | null;

  constructor(parent: Scope | null) {
    this.parent = parent;
  }
}

/** The effect of a block on the loop around it. */
type Signal = 'goes on' | 'break' | 'continue';

/** Characters of a text that a block writes. */
const MAX_OUTPUT = 1 << 19;

class Output {
  readonly #parts: string[] = [];
  #length = 0;

  readonly meter: Meter;

  constructor(meter: Meter) {
    this.meter = meter;
  }

  write(part: string): void {
    this.meter.read(part.length);
    this.#length += part.length;
    if (this.#length > MAX_OUTPUT) throw new Error('its text grows without end');
    this.#parts.push(part);
  }

  get text(): string {
    return this.#parts.join('');
  }
}

/** A turn of a loop, or a call of a macro, beside what is in it. */
const TURN_STEPS = 4;

export class Interpreter {
  readonly #tools: FilterTools;

  readonly context: ReadonlyMap<string, Value>;
  readonly meter: Meter;
  readonly #unset: UnsetNames;

  /** @param context variables and functions by their names */
  constructor(context: ReadonlyMap<string, Value>, meter: Meter, unset: UnsetNames) {
    this.context = context;
    this.meter = meter;
    this.#unset = unset;
    this.#tools = {
      meter,
      applyFilter: (name, value, args) => this.#filter(name, value, args),
      applyTest: (name, value, args) => this.#test(name, value, args),
    };
  }

  /** @throws Error for what the template raises, does wrong or may not do. */
  render(template: Block): string {
    return this.#captured(template, this.#scope(template, null)).text;
  }

  #scope(block: Block, parent: Scope | null): Scope {
    const scope = new Scope(parent);
    for (const name of this.#unset.get(block) ?? []) {
      scope.variables.set(name, new Undefined(`'${name}' is undefined`));
    }
    return scope;
  }

  #captured(block: Block, scope: Scope): { text: string; signal: Signal } {
    const output = new Output(this.meter);
    const signal = this.#block(block, scope, output);
    return { text: output.text, signal };
  }

  #block(block: Block, scope: Scope, output: Output): Signal {
    for (const statement of block) {
      this.meter.charge(1);
      const signal = this.#statement(statement, scope, output);
      if (signal !== 'goes on') return signal;
    }
    return 'goes on';
  }

  #statement(node: Statement, scope: Scope, output: Output): Signal {
    switch (node.type) {
      case 'data':
        output.write(node.text);
        break;
      case 'print':
        output.write(text(this.#evaluate(node.value, scope), this.meter));
        break;
      case 'set':
        this.#assign(node.target, this.#evaluate(node.value, scope), scope);
        break;
      case 'if': {
        const taken = node.branches.find(({ test }) => truth(this.#evaluate(test, scope)));
        return this.#block(taken?.body ?? node.otherwise, scope, output);
      }
      case 'for': {
        const items = this.#evaluate(node.iterable, scope);
        return this.#for(node, items, 0, scope, output);
      }
      case 'set-block': {
        const inner = this.#scope(node.body, scope);
        const { text: body, signal } = this.#captured(node.body, inner);
        if (signal !== 'goes on') return signal;
        const value = node.filter ? this.#evaluate(node.filter, inner, body) : body;
        this.#assign(node.target, value, scope);
        break;
      }
      case 'filter-block': {
        const inner = this.#scope(node.body, scope);
        const { text: body, signal } = this.#captured(node.body, inner);
        if (signal !== 'goes on') return signal;
        output.write(text(this.#evaluate(node.filter, inner, body), this.meter));
        break;
      }
      case 'with': {
        const inner = this.#scope(node.body, scope);
        for (const [target, value] of node.assignments) {
          this.#assign(target, this.#evaluate(value, scope), inner);
        }
        return this.#block(node.body, inner, output);
      }
      case 'generation':
        output.write(this.#captured(node.body, this.#scope(node.body, scope)).text);
        break;
      case 'macro':
        scope.variables.set(node.name, this.#macro(node.name, node.signature, node.body, scope));
        break;
      case 'call-block': {
        const caller = this.#macro('caller', node.signature, node.body, scope);
        const call = node.call as Expression & { type: 'call' };
        const { positional, keyword } = this.#arguments(call.args, scope);
        const args = { positional, keyword: new Map([...keyword, ['caller', caller]]) };
        const made = this.#call(this.#evaluate(call.callee, scope), args);
        output.write(text(made, this.meter));
        break;
      }
      case 'break':
      case 'continue':
        return node.type;
    }
    return 'goes on';
  }

  #for(
    node: Statement & { type: 'for' },
    items: Value,
    depth: number,
    scope: Scope,
    output: Output,
  ): Signal {
    const { target, test, body } = node;
    const { meter } = this;
    const recurse = (more: Value, deeper: number): Value =>
      meter.deeper(() => {
        const inner = new Output(meter);
        this.#for(node, more, deeper, scope, inner);
        return inner.text;
      });
    const wanted = test ? this.#filtered(items, target, test, scope) : iterate(items, meter);
    const loop = new Loop(wanted, depth, meter, node.recursive ? recurse : null);
    /** jinja2 counts a turn at its end, which neither `break` nor `continue` reaches. */
    let ended = 0;
    for (let item = loop.next(); item !== undefined; item = loop.next()) {
      meter.charge(TURN_STEPS);
      const turn = this.#scope(body, scope);
      turn.variables.set('loop', loop);
      this.#assign(target, item, turn);
      const signal = this.#block(body, turn, output);
      if (signal === 'break') break;
      if (signal === 'goes on') ended += 1;
    }
    return ended > 0
      ? 'goes on'
      : this.#block(node.otherwise, this.#scope(node.otherwise, scope), output);
  }

  *#filtered(
    items: Value,
    target: Target,
    test: Expression,
    scope: Scope,
  ): Generator<Value, undefined> {
    for (const item of iterate(items, this.meter)) {
      this.meter.charge(TURN_STEPS);
      const inner = new Scope(scope);
      this.#assign(target, item, inner);
      if (truth(this.#evaluate(test, inner))) yield item;
    }
    return undefined;
  }

  #assign(target: Target, value: Value, scope: Scope): void {
    if (target.type === 'name') scope.variables.set(target.name, value);
    else if (target.type === 'attribute') {
      const namespace = this.#look(target.object, scope);
      if (!(namespace instanceof Namespace)) {
        throw new Error('cannot assign attribute on non-namespace object');
      }
      namespace.values.set(target.name, value);
    } else {
      const items = this.meter.collect(iterate(value, this.meter));
      if (items.length !== target.items.length) {
        throw new Error(`${items.length} values for ${target.items.length} names`);
      }
      target.items.forEach((each, i) => this.#assign(each, items[i]!, scope));
    }
  }

  #look(name: string, scope: Scope): Value {
    for (let at: Scope | null = scope; at; at = at.parent) {
      const found = at.variables.get(name);
      if (found !== undefined) return found;
    }
    return firstOf(this.context.get(name), () => new Undefined(`'${name}' is undefined`));
  }

  #macro(name: string, { parameters, defaults }: Signature, body: Block, scope: Scope): Func {
    const takes = (what: string): boolean =>
      !parameters.includes(what) && uses(body, defaults, what);
    const [takesCaller, takesPositional, takesKeyword] = ['caller', 'varargs', 'kwargs'].map(takes);
    const first = parameters.length - defaults.length;
    const call = ({ positional, keyword }: Arguments): Value => {
      this.meter.charge(TURN_STEPS);
      const left = new Map(keyword);
      const inner = this.#scope(body, scope);
      const { variables } = inner;
      const take = (key: string): Value | undefined => {
        const value = left.get(key);
        left.delete(key);
        return value;
      };
      const given = parameters.map((parameter, i) => firstOf(positional[i], () => take(parameter)));
      if (takesCaller)
        variables.set(
          'caller',
          firstOf(take('caller'), () => new Undefined('No caller defined')),
        );
      if (takesKeyword) variables.set('kwargs', new Dict(left, this.meter));
      else if (left.size > 0)
        throw new Error(`macro '${name}' takes no argument '${[...left.keys()][0]}'`);
      if (takesPositional) variables.set('varargs', new Tuple(positional.slice(parameters.length)));
      else if (positional.length > parameters.length) {
        throw new Error(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
      }
      // A default sees the parameters before it, and of those after it that they have no value yet.
      const unset = (parameter: string) =>
        new Undefined(`parameter '${parameter}' was not provided`);
      parameters.forEach((parameter, i) =>
        variables.set(
          parameter,
          firstOf(given[i], () => unset(parameter)),
        ),
      );
      parameters.forEach((parameter, i) => {
        const byDefault = defaults[i - first];
        if (given[i] === undefined && byDefault) {
          variables.set(parameter, this.#evaluate(byDefault, inner));
        }
      });
      return this.meter.deeper(() => this.#captured(body, inner).text);
    };
    return new Func(name, call, {
      name,
      arguments: new Tuple(parameters),
      caller: takesCaller === true,
    });
  }

  #arguments(args: CallArguments, scope: Scope): Arguments {
    const positional = args.positional.map((each) => this.#evaluate(each, scope));
    if (args.spread) {
      positional.push(
        ...this.meter.collect(iterate(this.#evaluate(args.spread, scope), this.meter)),
      );
    }
    const keyword = new Map<string, Value>();
    for (const [name, value] of args.keyword) keyword.set(name, this.#evaluate(value, scope));
    if (args.spreadKeyword) {
      const more = this.#evaluate(args.spreadKeyword, scope);
      if (!(more instanceof Dict)) throw new Error('what follows ** has to be a dict');
      for (const [key, value] of more.entries()) {
        const name = textIn(key);
        if (name === null || keyword.has(name))
          throw new Error('keywords have to be different texts');
        keyword.set(name, value);
      }
    }
    return { positional, keyword };
  }

  #call(callee: Value, args: Arguments): Value {
    if (callee instanceof Func || callee instanceof Computed) return callee.call(args);
    throw notCallable(callee);
  }

  #filter(name: string, value: Value, args: Arguments): Value {
    const filter = FILTERS.get(name);
    if (!filter) throw new Error(`there is no filter named "${name}"`);
    return filter(value, args, this.#tools);
  }

  #test(name: string, value: Value, args: Arguments): boolean {
    const test = TESTS.get(name);
    if (!test) throw new Error(`there is no test named "${name}"`);
    return test(value, args, this.meter);
  }

  /** @param blockText what a filter without a value is applied to */
  #evaluate(node: Expression, scope: Scope, blockText: Value = ''): Value {
    const { meter } = this;
    meter.charge(1);
    const value = (each: Expression): Value => this.#evaluate(each, scope, blockText);
    switch (node.type) {
      case 'constant':
        return node.value;
      case 'name':
        return this.#look(node.name, scope);
      case 'list':
        return meter.list(node.items.map(value));
      case 'tuple':
        return new Tuple(meter.list(node.items.map(value)));
      case 'concat':
        return concatenate(node.items.map(value), meter);
      case 'dict':
        return new Dict(
          node.pairs.map(([key, each]) => [value(key), value(each)] as const),
          meter,
        );
      case 'binary':
        return binary(node.operator, value(node.left), value(node.right), meter);
      case 'and': {
        const left = value(node.left);
        return truth(left) ? value(node.right) : left;
      }
      case 'or': {
        const left = value(node.left);
        return truth(left) ? left : value(node.right);
      }
      case 'unary': {
        const operand = value(node.operand);
        return node.operator === 'not' ? !truth(operand) : negative(node.operator, operand);
      }
      case 'compare': {
        let left = value(node.first);
        return node.rest.every(({ operator, operand }) => {
          const right = value(operand);
          const holds = compare(operator, left, right, meter);
          left = right;
          return holds;
        });
      }
      case 'conditional':
        if (truth(value(node.test))) return value(node.then);
        return node.otherwise
          ? value(node.otherwise)
          : new Undefined('an inline if was false and has no else');
      case 'attribute':
        return getAttribute(value(node.object), node.name, meter);
      case 'item':
        return getItem(value(node.object), value(node.index), meter);
      case 'slice': {
        const bound = (each: Expression | null): Value => (each ? value(each) : null);
        const object = value(node.object);
        return slice(object, bound(node.from), bound(node.to), bound(node.step), meter);
      }
      case 'call':
        return this.#call(value(node.callee), this.#arguments(node.args, scope));
      case 'filter': {
        const input = node.input ? value(node.input) : blockText;
        return this.#filter(node.name, input, this.#arguments(node.args, scope));
      }
      case 'test':
        return this.#test(node.name, value(node.operand), this.#arguments(node.args, scope));
    }
  }
}
