// The statements of jinja2 3.1 that a chat template can use: those that load other templates have nothing to
// load here and are refused by name. `{% generation %}` is that of transformers, `break` and `continue` are
// those of jinja2's loopcontrols.

import type { Block, Expression, Signature, Statement, Target } from './ast';
import { ExpressionParser, isConstantName } from './expressions';
import { tokenize } from './lexer';

const REFUSED = new Set(['block', 'extends', 'include', 'import', 'from', 'autoescape']);
/** Deeper than that Python refuses the program that jinja2 makes of a template. */
const MAX_BLOCKS = 40;

/** @throws Error with the line, where a text is no template or uses what is not supported. */
export function parse(source: string): Block {
  return new Parser(tokenize(source)).template();
}

class Parser extends ExpressionParser {
  /** Blocks that are open: whether a `break` in each belongs to a loop around it. */
  readonly #open: ('loop' | 'function' | 'other')[] = [];

  template(): Block {
    const body = this.#block([]);
    return this.is('end') ? body : this.fail(`unexpected ${this.here()}`);
  }

  /** Up to one of the tags in `ends`, whose name is then the next token; the end of all where none is given. */
  #block(ends: readonly string[]): Block {
    const body: Statement[] = [];
    while (!this.is('end')) {
      if (this.is('data')) body.push({ type: 'data', text: this.advance().text });
      else if (this.skip('tag', '{{')) {
        body.push({ type: 'print', value: this.tuple() });
        this.expect('tag', '}}');
      } else {
        this.expect('tag', '{%');
        if (this.token.kind === 'name' && ends.includes(this.token.text)) return body;
        body.push(this.#statement());
        this.expect('tag', '%}');
      }
    }
    if (ends.length > 0) this.fail(`a block is not closed with {% ${ends.at(-1)} %}`);
    return body;
  }

  /** A body between the end of its opening tag and its closing tag, of which the name is passed over. */
  #body(kind: 'loop' | 'function' | 'other', ...ends: readonly string[]): Block {
    this.expect('tag', '%}');
    this.#open.push(kind);
    if (this.#open.length > MAX_BLOCKS) this.fail('blocks are nested too deeply');
    const body = this.#block(ends);
    this.#open.pop();
    return body;
  }

  #statement(): Statement {
    const { text: name } = this.expect('name');
    switch (name) {
      case 'for':
        return this.#for();
      case 'if':
        return this.#if();
      case 'set':
        return this.#set();
      case 'print':
        return { type: 'print', value: this.tuple() };
      case 'macro': {
        const macro = this.expect('name').text;
        if (isConstantName(macro)) this.fail(`a macro can not be named "${macro}"`);
        const signature = this.#signature();
        const body = this.#body('function', 'endmacro');
        this.advance();
        return { type: 'macro', name: macro, signature, body };
      }
      case 'call': {
        const signature = this.is('operator', '(')
          ? this.#signature()
          : { parameters: [], defaults: [] };
        const call = this.expression();
        if (call.type !== 'call') this.fail('a call has to follow {% call');
        const body = this.#body('function', 'endcall');
        this.advance();
        return { type: 'call-block', call, signature, body };
      }
      case 'filter': {
        const filter = this.filter(null, true)!;
        const body = this.#body('other', 'endfilter');
        this.advance();
        return { type: 'filter-block', filter, body };
      }
      case 'with': {
        const assignments: [Target, Expression][] = [];
        while (!this.is('tag', '%}')) {
          if (assignments.length > 0) this.expect('operator', ',');
          const target = this.#target([]);
          this.expect('operator', '=');
          assignments.push([target, this.expression()]);
        }
        const body = this.#body('other', 'endwith');
        this.advance();
        return { type: 'with', assignments, body };
      }
      case 'generation': {
        const body = this.#body('function', 'endgeneration');
        this.advance();
        return { type: 'generation', body };
      }
      case 'break':
      case 'continue':
        if (this.#open.findLast((kind) => kind !== 'other') !== 'loop') {
          this.fail(`"${name}" is outside a loop`);
        }
        return { type: name };
      default:
        return this.fail(
          REFUSED.has(name) ? `{% ${name} %} is not supported` : `unknown tag "${name}"`,
        );
    }
  }

  #for(): Statement {
    const target = this.#target(['in']);
    this.expect('name', 'in');
    const iterable = this.tuple(false, ['recursive']);
    const test = this.skip('name', 'if') ? this.expression() : null;
    const recursive = this.skip('name', 'recursive');
    const body = this.#body('loop', 'else', 'endfor');
    // The body of `else` is outside the loop.
    const otherwise = this.advance().text === 'else' ? this.#body('other', 'endfor') : null;
    if (otherwise) this.advance();
    return { type: 'for', target, iterable, test, recursive, body, otherwise: otherwise ?? [] };
  }

  #if(): Statement {
    const branches: { test: Expression; body: Block }[] = [];
    for (;;) {
      const test = this.tuple(false);
      branches.push({ test, body: this.#body('other', 'elif', 'else', 'endif') });
      const { text } = this.advance();
      if (text === 'elif') continue;
      const otherwise = text === 'else' ? this.#body('other', 'endif') : [];
      if (text === 'else') this.advance();
      return { type: 'if', branches, otherwise };
    }
  }

  #set(): Statement {
    const target = this.#target([]);
    if (this.skip('operator', '=')) return { type: 'set', target, value: this.tuple() };
    const filter = this.filter(null);
    const body = this.#body('other', 'endset');
    this.advance();
    return { type: 'set-block', target, filter, body };
  }

  #signature(): Signature {
    const parameters: string[] = [];
    const defaults: Expression[] = [];
    this.expect('operator', '(');
    while (!this.is('operator', ')')) {
      if (parameters.length > 0) this.expect('operator', ',');
      const name = this.expect('name').text;
      if (isConstantName(name)) this.fail(`a parameter can not be named "${name}"`);
      parameters.push(name);
      if (this.skip('operator', '=')) defaults.push(this.expression());
      else if (defaults.length > 0) this.fail('a parameter without a default follows one with');
    }
    this.advance();
    return { parameters, defaults };
  }

  #target(ends: readonly string[]): Target {
    if (
      ends.length === 0 &&
      this.is('name') &&
      this.following.kind === 'operator' &&
      this.following.text === '.'
    ) {
      const object = this.advance().text;
      this.advance();
      return { type: 'attribute', object, name: this.expect('name').text };
    }
    return this.#asTarget(this.simpleTuple(ends));
  }

  #asTarget(found: Expression): Target {
    if (found.type === 'name') return { type: 'name', name: found.name };
    if (found.type === 'tuple') {
      return { type: 'tuple', items: found.items.map((item) => this.#asTarget(item)) };
    }
    return this.fail('something that is no name is assigned to');
  }
}
