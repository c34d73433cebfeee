// Finds which of `caller`, `varargs` and `kwargs` a macro reads: jinja2 passes only those.

import type { Block, Expression } from './ast';

/** Whether a name is read, or assigned to, somewhere in a macro. */
export function uses(body: Block, defaults: readonly Expression[], name: string): boolean {
  const visit = (node: unknown): boolean => {
    if (typeof node !== 'object' || node === null) return false;
    const { type, name: found } = node as { readonly type?: unknown; readonly name?: unknown };
    if (type === 'name' && found === name) return true;
    return Object.values(node).some(visit);
  };
  return visit(body) || visit(defaults);
}
