// Runs the program of a pattern without backtracking (Pike's machine; Cox 2009, "Regular Expression
// Matching: the Virtual Machine Approach"): all ways through the pattern advance together, one character
// at a time, the preferred one first. A run takes text times program steps at most, and looks ahead or
// behind as much again at each place; a meter ends what is more than a file of patterns may take.

import type { Program } from './pattern-program';
import { type Edge, isWord } from './python-pattern';

/** A file's patterns may take no more steps together. */
export class PatternLimit extends Error {}

/** Counts down the steps that are left. */
export class PatternMeter {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** @throws PatternLimit */
  spend(steps = 1): void {
    this.#left -= steps;
    if (this.#left < 0) throw new PatternLimit();
  }
}

export interface Found {
  readonly end: number;
  /** The text of the first group; null: it took no part. */
  readonly group: string | null;
}

/**
 * The match of Python's `re.match` at `from`; with `mustEnd` the match must end there (`re.fullmatch` if that
 * is the length of the text).
 * @throws PatternLimit
 */
export function runPattern(
  program: Program,
  text: string,
  meter: PatternMeter,
  mustEnd: number | null = null,
  from = 0,
): Found | null {
  // A run sets up as much as its program is long.
  meter.spend(1 + (program.length >> 3));
  let found: Found | null = null;
  let now: number[] = [];
  let next: number[] = [];
  const open: number[] = [];
  const seen = new Int32Array(program.length).fill(-1);
  /** Follows all steps that take no character, from a way of three numbers: its step, and where the first group lies. */
  const enter = (into: number[], at: number, first: number, begun: number, ended: number): void => {
    open.push(first, begun, ended);
    while (open.length > 0) {
      const end = open.pop()!;
      const begin = open.pop()!;
      const step = open.pop()!;
      if (seen[step] === at) continue;
      seen[step] = at;
      meter.spend();
      const op = program[step]!;
      switch (op.op) {
        case 'char':
        case 'match':
          into.push(step, begin, end);
          break;
        case 'split':
          open.push(op.second, begin, end, op.first, begin, end);
          break;
        case 'note':
          if (op.at === 'begin') open.push(step + 1, at, end);
          else open.push(step + 1, begin, at);
          break;
        case 'edge':
          if (isAt(op.edge, text, at)) open.push(step + 1, begin, end);
          break;
        case 'look':
          if (looks(op.program, text, at, op.ahead, meter) === op.wanted) {
            open.push(step + 1, begin, end);
          }
      }
    }
  };
  enter(now, from, 0, -1, -1);
  for (let at = from; now.length > 0; at++) {
    const code = at < text.length ? text.charCodeAt(at) : -1;
    for (let i = 0; i < now.length; i += 3) {
      const op = program[now[i]!]!;
      const [begin, end] = [now[i + 1]!, now[i + 2]!];
      if (op.op === 'match') {
        if (mustEnd !== null && at !== mustEnd) continue;
        found = { end: at, group: end < 0 ? null : text.slice(begin, end) };
        // Threads of lower priority than a match are dropped.
        break;
      }
      if (op.op === 'char' && code >= 0 && op.set(code))
        enter(next, at + 1, now[i]! + 1, begin, end);
    }
    [now, next] = [next, now];
    next.length = 0;
  }
  return found;
}

function looks(
  program: Program,
  text: string,
  at: number,
  ahead: boolean,
  meter: PatternMeter,
): boolean {
  if (ahead) return runPattern(program, text, meter, null, at) !== null;
  for (let from = at; from >= 0; from--) {
    if (runPattern(program, text, meter, at, from)) return true;
  }
  return false;
}

function isAt(edge: Edge, text: string, at: number): boolean {
  const last = text.length;
  switch (edge) {
    case 'begin':
      return at === 0;
    case 'end':
      return at === last;
    case 'end-or-newline':
      return at === last || (at === last - 1 && text[at] === '\n');
    case 'line-begin':
      return at === 0 || text[at - 1] === '\n';
    case 'line-end':
      return at === last || text[at] === '\n';
    case 'word':
    case 'inside': {
      const word = (i: number) => i >= 0 && i < last && isWord(text.charCodeAt(i));
      return (word(at - 1) !== word(at)) === (edge === 'word');
    }
  }
}
