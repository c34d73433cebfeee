// Broken texts from whole ones: cuts, repetitions and characters, and the marks that mean something in their grammar.

import type { Rng } from '../../../src/core/rng';

const ODD = [
  '\0',
  '\ud800',
  '\u202e',
  '\ufeff',
  '\u0130',
  '🙂',
  '__proto__',
  'constructor',
  '9'.repeat(400),
];

/** @param marks what has a meaning in the grammar: it is put in once, or nested or repeated up to 3,000 times */
export function mutateText(rng: Rng, valid: string, marks: readonly string[]): string {
  let out = valid;
  for (let n = 1 + rng.int(3); n > 0; n--) {
    const at = rng.int(out.length + 1);
    const part = out.slice(at, at + 1 + rng.int(60));
    const put = (text: string): string => out.slice(0, at) + text + out.slice(at);
    const kinds = [
      () => out.slice(0, at) + out.slice(at + part.length),
      () => put(part),
      () => put(rng.pick(marks)),
      () => put(rng.pick(marks)),
      () => put(rng.pick(ODD)),
      () => out.slice(0, at) + String.fromCharCode(rng.int(128)) + out.slice(at + 1),
      () => (rng.chance(0.2) ? out.slice(0, at) : out),
      () => (rng.chance(0.2) ? put(rng.pick(marks).repeat(1 + rng.int(3000))) : out),
      () => (rng.chance(0.2) ? put(part.repeat(1 + rng.int(100))) : out),
    ];
    out = rng.pick(kinds)();
  }
  return out;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);
