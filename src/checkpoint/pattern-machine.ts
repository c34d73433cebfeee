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
 * What Python's `re.match` finds at `from`; with `mustEnd` only what ends there (`re.fullmatch` where that is
 * the length of the text).
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
  let now: Way[] = [];
  let next: Way[] = [];
  const seen = new Int32Array(program.length).fill(-1);
  /** Follows all steps that take no character. */
  const enter = (into: Way[], at: number, begun: Way): void => {
    const open: Way[] = [begun];
    for (let way = open.pop(); way; way = open.pop()) {
      const { step } = way;
      if (seen[step] === at) continue;
      seen[step] = at;
      meter.spend();
      const op = program[step]!;
      switch (op.op) {
        case 'char':
        case 'match':
          into.push(way);
          break;
        case 'split':
          open.push({ ...way, step: op.second }, { ...way, step: op.first });
          break;
        case 'note':
          open.push({ ...way, step: step + 1, [op.at]: at });
          break;
        case 'edge':
          if (isAt(op.edge, text, at)) open.push({ ...way, step: step + 1 });
          break;
        case 'look':
          if (looks(op.program, text, at, op.ahead, meter) === op.wanted) {
            open.push({ ...way, step: step + 1 });
          }
      }
    }
  };
  enter(now, from, { step: 0, begin: -1, end: -1 });
  for (let at = from; now.length > 0; at++) {
    const code = at < text.length ? text.charCodeAt(at) : -1;
    for (const way of now) {
      const op = program[way.step]!;
      if (op.op === 'match') {
        if (mustEnd !== null && at !== mustEnd) continue;
        found = { end: at, group: way.end < 0 ? null : text.slice(way.begin, way.end) };
        // What is less preferred than a match is dropped.
        break;
      }
      if (op.op === 'char' && code >= 0 && op.set(code)) {
        enter(next, at + 1, { ...way, step: way.step + 1 });
      }
    }
    [now, next] = [next, []];
  }
  return found;
}

/** One way through the pattern: the step it waits at, and where the first group lies. */
interface Way {
  readonly step: number;
  readonly begin: number;
  readonly end: number;
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
