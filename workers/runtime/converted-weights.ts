// Converted weights (rounded to few bits, merged, transposed), cached in this browser's storage beside their
// sources: converting takes several times as long as reading. One file per precision: the segments in the
// order of ONNX Runtime's requests, then an index of them as JSON, then its length. A file without an index
// is incomplete; an index with another key belongs to other weights or another graph. Both are converted
// again. Weights of 16 and 32 bits are not cached, because converting is as fast as reading.

import * as v from 'valibot';
import type { FileBytes } from '../../src/checkpoint/file-bytes';
import type { Precision } from '../../src/checkpoint/precision';
import { Sha256 } from '../../src/core/sha256';
import type { DecoderPlan } from '../../src/onnx/decoder';
import type { MakeSegment } from '../../src/onnx/weight-file';
import type { WeightSegment } from '../../src/onnx/weight-slots';
import { ModelError } from '../runtime';
import type { FileStore, StoreWriter } from '../source/store';

export const CACHED_PRECISIONS: readonly Precision[] = ['int8', 'q8', 'q4'];

export const convertedFile = (precision: Precision): string => `made.${precision}.bin`;

const LENGTH_BYTES = 4;
const MOST_INDEX_BYTES = 1 << 20;
/** Storage that is left to the rest of the page. */
const SPARE_BYTES = 64 << 20;

const ByteOffset = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Index = v.object({
  key: v.string(),
  /** Ranges in the external data of the graph, and the position in the file. */
  stretches: v.array(v.object({ from: ByteOffset, to: ByteOffset, at: ByteOffset })),
});
type Index = v.InferOutput<typeof Index>;

/** The cache of one checkpoint's converted weights. */
export interface ConvertedWeightCache {
  readonly store: FileStore;
  readonly folder: string;
  /** SHA-256 of the checkpoint that they are converted from. */
  readonly sha256: string;
}

/** Converts segments or reads them; call `done` after all were requested, `abandon` when loading failed. */
export interface CachedSegments {
  readonly make: MakeSegment;
  done(): void;
  abandon(): void;
}

/**
 * @returns null if nothing is cached: no cache, an unsuitable precision, too little space, or another tab has
 *   the file open.
 */
export async function cachedSegments(
  cache: ConvertedWeightCache | null,
  precision: Precision,
  plan: DecoderPlan,
  make: MakeSegment,
): Promise<CachedSegments | null> {
  if (!cache?.store.kept || !CACHED_PRECISIONS.includes(precision)) return null;
  const { store, folder, sha256 } = cache;
  const name = convertedFile(precision);
  const key = `${sha256} ${new Sha256().update(plan.model).hex()}`;
  const file = await store.open(folder, name, `${folder}/${name}`);
  const index = file && readIndex(file);
  if (index?.key === key) return reading(file!, index, make, await file!.hold?.());
  const space = await store.space();
  const needed = plan.weightBytes + (plan.embedding?.bytes ?? 0) + SPARE_BYTES - (file?.bytes ?? 0);
  if (space && space.quotaBytes - space.usedBytes < needed) return null;
  try {
    return recording(await store.write(folder, name), key, make);
  } catch (error) {
    if (error instanceof ModelError) return null;
    throw error;
  }
}

function reading(
  file: FileBytes,
  { stretches: segments }: Index,
  make: MakeSegment,
  letGo = (): void => {},
): CachedSegments {
  let buffer = new Uint8Array(0);
  return {
    make(segment) {
      const { from, to } = segment;
      const found = segments.find((one) => one.from === from && one.to === to);
      if (!found) return make(segment);
      if (buffer.length < to - from) buffer = new Uint8Array(to - from);
      // A file is not read into shared memory.
      return file.slice(found.at, found.at + to - from, buffer) as Uint8Array<ArrayBuffer>;
    },
    done: letGo,
    abandon: letGo,
  };
}

function recording(writer: StoreWriter, key: string, make: MakeSegment): CachedSegments {
  const segments: Index['stretches'] = [];
  let open = true;
  writer.clear();
  // Loading needs no storage: a storage error ends the recording only.
  const write = (bytes: Uint8Array): void => {
    try {
      writer.append(bytes);
    } catch {
      abandon();
    }
  };
  const abandon = (): void => {
    if (!open) return;
    open = false;
    for (const end of [() => writer.clear(), () => writer.close()]) {
      try {
        end();
      } catch {
        // The rest of the file has no index and is never read.
      }
    }
  };
  /** ONNX Runtime returns to a segment after it has read its scales; null: the segment is not cached. */
  const readBack = (segment: WeightSegment): Uint8Array<ArrayBuffer> | null => {
    const known = segments.find(({ from }) => from === segment.from);
    if (!open || !known) return null;
    const bytes = known.to - known.from;
    try {
      const data = writer.read(known.at, known.at + bytes);
      return data.length === bytes ? (data as Uint8Array<ArrayBuffer>) : null;
    } catch {
      abandon();
      return null;
    }
  };
  return {
    make(segment) {
      const before = readBack(segment);
      if (before) return before;
      const data = make(segment);
      const { from, to } = segment;
      if (open) {
        segments.push({ from, to, at: writer.bytes });
        write(data);
      }
      return data;
    },
    done() {
      if (!open) return;
      const index = new TextEncoder().encode(
        JSON.stringify({ key, stretches: segments } satisfies Index),
      );
      const length = new Uint8Array(LENGTH_BYTES);
      new DataView(length.buffer).setUint32(0, index.length, true);
      write(Uint8Array.from([...index, ...length]));
      if (!open) return;
      open = false;
      writer.close();
    },
    abandon,
  };
}

/** null if the file has no complete index, an index beyond its bytes, or is unreadable now. */
function readIndex(file: FileBytes): Index | null {
  const end = file.bytes - LENGTH_BYTES;
  if (end < 0) return null;
  try {
    const last = file.slice(end, file.bytes);
    const length = new DataView(last.buffer, last.byteOffset).getUint32(0, true);
    if (length > Math.min(end, MOST_INDEX_BYTES)) return null;
    const text = new TextDecoder().decode(file.slice(end - length, end));
    const index = v.parse(Index, JSON.parse(text));
    const fits = index.stretches.every(
      ({ from, to, at }) => from < to && at + to - from <= end - length,
    );
    return fits ? index : null;
  } catch {
    return null;
  }
}
