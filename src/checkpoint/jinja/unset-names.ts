// Finds the names that are undefined at the start of a block although a variable of that name was given. jinja2
// settles before rendering where a name of a block comes from (idtracking.py): one that the block assigns before it
// reads it begins undefined, and blocks inside that read it earlier see that. An assignment under `if` changes nothing.

import type { Block, Expression, Statement, Target } from './ast';

/** The names of each block that has any. */
export type UnsetNames = ReadonlyMap<Block, readonly string[]>;

/** Calls `found` for every name that an expression reads. */
function namesIn(node: unknown, found: (name: string) => void): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, name } = node as { readonly type?: unknown; readonly name?: unknown };
  if (type === 'name') found(String(name));
  else for (const part of Object.values(node)) namesIn(part, found);
}

function namesOf(target: Target): readonly string[] {
  if (target.type === 'tuple') return target.items.flatMap(namesOf);
  return target.type === 'name' ? [target.name] : [];
}

interface Inner {
  readonly body: Block;
  readonly parameters: readonly string[];
  readonly assigned: readonly string[];
  readonly read: readonly Expression[];
}

class Names {
  readonly parent: Names | null;
  /** Read or assigned. */
  readonly seen: Set<string>;
  readonly assigned: Set<string>;
  readonly unset: Set<string>;
  /** Blocks with names of their own. */
  readonly inner: Inner[];

  constructor(parent: Names | null, as?: Names) {
    this.parent = parent;
    this.seen = new Set(as?.seen);
    this.assigned = new Set(as?.assigned);
    this.unset = new Set(as?.unset);
    this.inner = as?.inner ?? [];
  }

  knows(name: string): boolean {
    return this.seen.has(name) || this.parent?.knows(name) === true;
  }

  read(expression: Expression): void {
    namesIn(expression, (name) => {
      if (!this.knows(name)) this.seen.add(name);
    });
  }

  assign(name: string): void {
    this.assigned.add(name);
    if (!this.knows(name)) this.unset.add(name);
    this.seen.add(name);
  }

  assignTo(target: Target): void {
    if (target.type === 'attribute') this.read({ type: 'name', name: target.object });
    else namesOf(target).forEach((name) => this.assign(name));
  }

  /** Visits the branches of an `if` apart, then joins what they know. */
  branches(visits: readonly ((names: Names) => void)[]): void {
    const copies = visits.map((visit) => {
      const copy = new Names(this.parent, this);
      visit(copy);
      return copy;
    });
    const before = new Set(this.assigned);
    for (const { seen, assigned, unset } of copies) {
      seen.forEach((name) => this.seen.add(name));
      unset.forEach((name) => this.unset.add(name));
      assigned.forEach((name) => this.assigned.add(name));
    }
    for (const name of this.assigned) if (!before.has(name)) this.unset.delete(name);
  }

  within(body: Block, names: Partial<Omit<Inner, 'body'>> = {}): void {
    this.inner.push({ parameters: [], assigned: [], read: [], ...names, body });
  }
}

export function unsetNames(template: Block): UnsetNames {
  const found = new Map<Block, readonly string[]>();
  const visit = ({ body, parameters, assigned, read }: Inner, parent: Names | null): void => {
    const names = new Names(parent);
    parameters.forEach((name) => names.seen.add(name));
    read.forEach((expression) => names.read(expression));
    assigned.forEach((name) => names.assign(name));
    visitBlock(body, names);
    if (names.unset.size > 0) found.set(body, [...names.unset]);
    // All of a block is known before what is inside of it.
    names.inner.forEach((one) => visit(one, names));
  };
  visit({ body: template, parameters: [], assigned: [], read: [] }, null);
  return found;
}

function visitBlock(block: Block, names: Names): void {
  for (const statement of block) visitStatement(statement, names);
}

function visitStatement(node: Statement, names: Names): void {
  switch (node.type) {
    case 'print':
      return names.read(node.value);
    case 'set':
      names.read(node.value);
      return names.assignTo(node.target);
    case 'set-block':
      names.assignTo(node.target);
      return names.within(node.body);
    case 'for':
      names.read(node.iterable);
      names.within(node.body, { parameters: ['loop', ...namesOf(node.target)] });
      return names.within(node.otherwise);
    case 'if': {
      const [first, ...others] = node.branches;
      names.read(first!.test);
      return names.branches([
        (branch) => visitBlock(first!.body, branch),
        (branch) => {
          for (const { test, body } of others) {
            branch.read(test);
            branch.branches([(inner) => visitBlock(body, inner)]);
          }
        },
        (branch) => visitBlock(node.otherwise, branch),
      ]);
    }
    case 'with':
      for (const [, value] of node.assignments) names.read(value);
      return names.within(node.body, {
        assigned: node.assignments.flatMap(([target]) => namesOf(target)),
      });
    case 'macro': {
      names.assign(node.name);
      const { parameters, defaults } = node.signature;
      return names.within(node.body, { parameters, read: defaults });
    }
    case 'call-block': {
      names.read(node.call);
      const { parameters, defaults } = node.signature;
      return names.within(node.body, { parameters, read: defaults });
    }
    case 'filter-block':
      names.read(node.filter);
      return names.within(node.body);
    case 'generation':
      return names.within(node.body);
    case 'data':
    case 'break':
    case 'continue':
  }
}
