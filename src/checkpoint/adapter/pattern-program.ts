// The program of a pattern: steps that pattern-machine.ts follows. Counted repeats are written out, so a
// program has a limit.

import { type CharSet, type Edge, type Node, parsePattern, PatternError } from './python-pattern';

type Step =
  | { readonly op: 'char'; readonly set: CharSet }
  | { readonly op: 'edge'; readonly edge: Edge }
  | {
      readonly op: 'look';
      readonly ahead: boolean;
      readonly wanted: boolean;
      readonly program: Program;
    }
  /** Notes where the first group begins or ends. */
  | { readonly op: 'note'; readonly at: 'begin' | 'end' }
  /** Goes on at both places, the first one preferred. */
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'match' };

export type Program = readonly Step[];

/** Longest program, in steps. */
const MOST_STEPS = 20_000;

/**
 * The program of one of Python's regular expressions.
 * @throws PatternError
 */
export function patternProgram(text: string): Program {
  const steps: Step[] = [];
  let size = 0;
  const emit = (out: Step[], step: Step): number => {
    size += 1;
    if (size > MOST_STEPS)
      throw new PatternError(`takes more than ${MOST_STEPS} steps written out`);
    return out.push(step) - 1;
  };
  const split = (out: Step[]) => {
    const at = emit(out, { op: 'split', first: 0, second: 0 });
    return out[at] as Extract<Step, { op: 'split' }>;
  };
  const write = (node: Node, out: Step[]): void => {
    switch (node.kind) {
      case 'char':
        emit(out, { op: 'char', set: node.set });
        return;
      case 'edge':
        emit(out, { op: 'edge', edge: node.edge });
        return;
      case 'sequence':
        for (const item of node.items) write(item, out);
        return;
      case 'first-group':
        emit(out, { op: 'note', at: 'begin' });
        write(node.item, out);
        emit(out, { op: 'note', at: 'end' });
        return;
      case 'look': {
        const program: Step[] = [];
        write(node.item, program);
        emit(program, { op: 'match' });
        emit(out, { op: 'look', ahead: node.ahead, wanted: node.wanted, program });
        return;
      }
      case 'either': {
        const ends: Extract<Step, { op: 'split' }>[] = [];
        for (const [i, option] of node.options.entries()) {
          const fork = i < node.options.length - 1 ? split(out) : null;
          if (fork) fork.first = out.length;
          write(option, out);
          if (!fork) break;
          ends.push(split(out));
          fork.second = out.length;
        }
        for (const end of ends) end.first = end.second = out.length;
        return;
      }
      case 'repeat': {
        const { item, least, most, lazy } = node;
        const fork = () => {
          const at = split(out);
          return (inside: number, outside: number) => {
            at.first = lazy ? outside : inside;
            at.second = lazy ? inside : outside;
          };
        };
        for (let i = 0; i < least; i++) write(item, out);
        if (most === Infinity) {
          const begin = out.length;
          const go = fork();
          write(item, out);
          const back = split(out);
          back.first = back.second = begin;
          go(begin + 1, out.length);
          return;
        }
        const forks: [ReturnType<typeof fork>, number][] = [];
        for (let i = least; i < most; i++) {
          forks.push([fork(), out.length]);
          write(item, out);
        }
        for (const [go, inside] of forks) go(inside, out.length);
      }
    }
  };
  write(parsePattern(text), steps);
  emit(steps, { op: 'match' });
  return steps;
}
