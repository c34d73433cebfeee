// Byte-pair encoding (Sennrich et al. 2016) over the vocabulary of a tokenizer.json: a piece begins as
// its characters, and the neighbours that the earliest merge joins are joined, the leftmost first.
// Whatever has no token becomes bytes, the unknown token, or nothing, as the settings say.

import * as v from 'valibot';
import { Unsupported } from './step';

const MAX_VOCAB = 1 << 20;
const CACHED_PIECES = 10_000;
const MAX_CACHED_LENGTH = 256;

const id = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_VOCAB));
const optionalText = v.optional(v.nullable(v.string()), null);
const optionalFlag = v.optional(v.nullable(v.boolean()), null);

/** The shape of a BPE model; `type` may be missing, as in files of old. */
export const BpeFile = v.looseObject({
  type: v.optional(v.literal('BPE')),
  vocab: v.record(v.string(), id),
  merges: v.array(v.union([v.string(), v.tuple([v.string(), v.string()])])),
  unk_token: optionalText,
  continuing_subword_prefix: optionalText,
  end_of_word_suffix: optionalText,
  fuse_unk: optionalFlag,
  byte_fallback: optionalFlag,
  ignore_merges: optionalFlag,
  dropout: v.optional(v.nullable(v.number()), null),
});
export type BpeSettings = v.InferOutput<typeof BpeFile>;

/** Merges by their pair; ids are below 2^21. */
const pairKey = (left: number, right: number): number => left * 0x200000 + right;
/** Order of the queue: the rank of the merge, then the place in the piece. */
const PLACES = 2 ** 26;

export class Bpe {
  /** Number of tokens: an id can be larger, where some are left out. */
  readonly count: number;
  /** One more than the largest id. */
  readonly size: number;
  readonly #settings: BpeSettings;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #tokens: readonly (string | undefined)[];
  readonly #ranks = new Map<number, number>();
  /** The id of the token that each merge makes, by rank. */
  readonly #mergedIds: Int32Array;
  readonly #cache = new Map<string, readonly number[]>();

  /**
   * @param vocab as it was read: a checked copy lacks words such as "constructor"
   * @throws Unsupported for what Postern cannot do, and for merges of tokens that do not exist.
   */
  constructor(settings: BpeSettings, vocab: Readonly<Record<string, number>>) {
    this.#settings = settings;
    if (settings.dropout !== null && settings.dropout !== 0) {
      throw new Unsupported(
        'Its model leaves out merges by chance (dropout), so a text has no fixed tokens',
      );
    }
    this.#ids = new Map(Object.entries(vocab));
    this.count = this.#ids.size;
    const tokens: (string | undefined)[] = [];
    for (const [token, id] of this.#ids) {
      if (tokens[id] !== undefined) {
        throw new Unsupported(`Its tokens ${shown(tokens[id])} and ${shown(token)} have one id`);
      }
      tokens[id] = token;
    }
    this.#tokens = tokens;
    this.size = tokens.length;
    const merges = pairsOf(settings.merges);
    this.#mergedIds = new Int32Array(merges.length);
    const prefix = settings.continuing_subword_prefix ?? '';
    const idOf = (token: string): number => {
      const id = this.#ids.get(token);
      if (id !== undefined) return id;
      throw new Unsupported(`A merge of it names ${shown(token)}, which its vocabulary lacks`);
    };
    for (const [rank, [left, right]] of merges.entries()) {
      if (!right.startsWith(prefix)) {
        throw new Unsupported(
          `A merge of it joins ${shown(right)}, which lacks the prefix ${prefix}`,
        );
      }
      this.#ranks.set(pairKey(idOf(left), idOf(right)), rank);
      this.#mergedIds[rank] = idOf(left + right.slice(prefix.length));
    }
  }

  idOf(token: string): number | undefined {
    return this.#ids.get(token);
  }

  tokenOf(id: number): string | undefined {
    return this.#tokens[id];
  }

  /** The ids of one piece. @throws Unsupported where the unknown token is needed and does not exist. */
  encode(piece: string): readonly number[] {
    if (piece === '') return [];
    const whole = this.#settings.ignore_merges ? this.#ids.get(piece) : undefined;
    if (whole !== undefined) return [whole];
    const known = this.#cache.get(piece);
    if (known) return known;
    const ids = this.#merged(this.#symbols(piece));
    if (piece.length < MAX_CACHED_LENGTH) {
      if (this.#cache.size >= CACHED_PIECES) this.#cache.clear();
      this.#cache.set(piece, ids);
    }
    return ids;
  }

  /** One id a character, or those that stand for it. */
  #symbols(piece: string): number[] {
    const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = this.#settings;
    const { byte_fallback: bytes, fuse_unk: fuse, unk_token: unknown } = this.#settings;
    const characters = [...piece];
    const out: number[] = [];
    /** An unknown character is put down only with the next known one: bytes go before it. */
    let waiting = 0;
    const settle = (): void => {
      for (; waiting > 0; waiting--) out.push(this.#unknownId(unknown));
    };
    for (const [i, char] of characters.entries()) {
      const begun = i > 0 && prefix !== null ? prefix + char : char;
      const symbol = i === characters.length - 1 && suffix !== null ? begun + suffix : begun;
      const id = this.#ids.get(symbol);
      if (id !== undefined) {
        settle();
        out.push(id);
        continue;
      }
      const byteIds = bytes ? this.#bytesOf(symbol) : null;
      if (byteIds) {
        out.push(...byteIds);
      } else if (unknown !== null) {
        if (!fuse) settle();
        waiting = 1;
      }
    }
    settle();
    return out;
  }

  #unknownId(token: string | null): number {
    const id = token === null ? undefined : this.#ids.get(token);
    if (id !== undefined) return id;
    throw new Unsupported(`Its unknown token ${shown(token ?? '')} is not in its vocabulary`);
  }

  /** Null where one of the bytes has no token. */
  #bytesOf(symbol: string): number[] | null {
    const ids: number[] = [];
    for (const byte of new TextEncoder().encode(symbol)) {
      const id = this.#ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
      if (id === undefined) return null;
      ids.push(id);
    }
    return ids;
  }

  #merged(symbols: number[]): readonly number[] {
    const n = symbols.length;
    const next = Int32Array.from({ length: n }, (_, i) => (i + 1 < n ? i + 1 : -1));
    const before = Int32Array.from({ length: n }, (_, i) => i - 1);
    const gone = new Uint8Array(n);
    const queue = new Queue();
    const offer = (at: number): void => {
      const right = at < 0 ? -1 : next[at]!;
      if (right < 0) return;
      const rank = this.#ranks.get(pairKey(symbols[at]!, symbols[right]!));
      if (rank !== undefined) queue.push(rank * PLACES + at);
    };
    for (let i = 0; i < n; i++) offer(i);
    for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
      const at = top % PLACES;
      const merged = this.#mergedIds[Math.floor(top / PLACES)]!;
      const right = next[at]!;
      if (gone[at] || right < 0) continue;
      // A queued pair may have been merged with something else since.
      const rank = this.#ranks.get(pairKey(symbols[at]!, symbols[right]!));
      if (rank === undefined || this.#mergedIds[rank] !== merged) continue;
      symbols[at] = merged;
      gone[right] = 1;
      next[at] = next[right]!;
      if (next[at] >= 0) before[next[at]] = at;
      offer(before[at]!);
      offer(at);
    }
    return symbols.filter((_, i) => !gone[i]);
  }
}

const shown = (token: string): string => JSON.stringify(token.slice(0, 80));

function pairsOf(merges: BpeSettings['merges']): readonly (readonly [string, string])[] {
  return merges
    .filter((merge) => typeof merge !== 'string' || !merge.startsWith('#version'))
    .map((merge) => {
      const pair = typeof merge === 'string' ? merge.split(' ') : merge;
      const [left, right] = pair;
      if (pair.length === 2 && left !== undefined && right !== undefined) return [left, right];
      throw new Unsupported(`A merge of it is not two tokens: ${shown(pair.join(' '))}`);
    });
}

/** Numbers, the smallest first. */
class Queue {
  readonly #heap: number[] = [];

  push(value: number): void {
    const heap = this.#heap;
    let at = heap.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]! <= value) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = value;
  }

  pop(): number | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) break;
      const child = left + 1 < heap.length && heap[left + 1]! < heap[left]! ? left + 1 : left;
      if (heap[child]! >= last) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
