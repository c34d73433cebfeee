// Weights that were made once are read the next time: the same bytes, and only of the same checkpoint and graph.
// What was not finished, is damaged or does not fit the storage is made again, and loading never fails for it.

import { describe, expect, test, vi } from 'vitest';
import type { Weights } from '../../../../src/checkpoint/config';
import { type DecoderPlan, planDecoder } from '../../../../src/onnx/decoder';
import { segmentMaker } from '../../../../src/onnx/weight-file';
import { cachedSegments, convertedFile } from '../../../../workers/runtime/converted-weights';
import { ModelError } from '../../../../workers/runtime';
import { MemoryStore, type StoreWriter } from '../../../../workers/source/store';
import { randomConfig, randomWeights } from '../../onnx/random-weights';
import { PLAIN } from '../../onnx/run-decoder';

const CONFIG = randomConfig({ nLayers: 2 });
const WEIGHTS = randomWeights(CONFIG, 3);
const PLAN = planDecoder(CONFIG, { ...PLAIN, precision: 'int8' });
const FILE = convertedFile('int8');

/** A store that outlives the page, of at most `most` bytes a file. */
class Disk extends MemoryStore {
  override readonly kept: boolean = true;
  quotaBytes = 1e9;
  most = Infinity;

  override space() {
    return Promise.resolve({ usedBytes: 0, quotaBytes: this.quotaBytes });
  }

  override async write(folder: string, file: string): Promise<StoreWriter> {
    const writer = await super.write(folder, file);
    const append = writer.append.bind(writer);
    writer.append = (part) => {
      if (writer.bytes + part.length > this.most) throw new ModelError('storage-full', 'full');
      append(part);
    };
    return writer;
  }

  async bytesOf(file: string): Promise<number | undefined> {
    return (await this.open('folder', file, file))?.bytes;
  }

  async put(bytes: Uint8Array): Promise<void> {
    const writer = await super.write('folder', FILE);
    writer.clear();
    writer.append(bytes);
    writer.close();
  }
}

interface Load {
  readonly bytes: readonly Uint8Array[];
  /** Stretches that were made and not read. */
  readonly made: number;
}

interface LoadOptions {
  readonly sha256?: string;
  readonly plan?: DecoderPlan;
  readonly weights?: Weights;
  readonly finish?: boolean;
}

/** Asks for every stretch, as a load does. */
async function load(
  store: MemoryStore,
  { sha256 = 'a', plan = PLAN, weights = WEIGHTS, finish = true }: LoadOptions = {},
): Promise<Load> {
  let made = 0;
  const make = segmentMaker(plan, weights);
  const counted: typeof make = (segment) => {
    made += 1;
    return make(segment);
  };
  const kept = await cachedSegments({ store, folder: 'folder', sha256 }, 'int8', plan, counted);
  const bytes = plan.segments.map((segment) => (kept?.make ?? counted)(segment));
  if (finish) kept?.done();
  return { bytes, made };
}

describe('weights that were made for a graph', () => {
  test('are read the next time, byte for byte, and none is made', async () => {
    const store = new Disk();
    const first = await load(store);
    const second = await load(store);
    expect(first.made).toBe(PLAN.segments.length);
    expect(second.made).toBe(0);
    expect(second.bytes).toEqual(first.bytes);
  });

  test('are made anew for another checkpoint, and for another graph', async () => {
    const store = new Disk();
    await load(store);
    const other = randomWeights(CONFIG, 4);
    const changed = await load(store, { sha256: 'b', weights: other });
    expect(changed.made).toBe(PLAN.segments.length);
    expect(changed.bytes).toEqual((await load(new Disk(), { weights: other })).bytes);
    const plan = planDecoder(CONFIG, { ...PLAIN, hooks: 'edit', precision: 'int8' });
    expect((await load(store, { sha256: 'b', plan })).made).toBe(plan.segments.length);
  });

  test('are made anew after a load that broke off', async () => {
    const store = new Disk();
    await load(store, { finish: false });
    expect((await load(store)).made).toBe(PLAN.segments.length);
    expect((await load(store)).made).toBe(0);
  });

  test('are not kept where the storage says that there is no room, nor where it runs full', async () => {
    const small = new Disk();
    small.quotaBytes = PLAN.weightBytes;
    await load(small);
    expect(await small.bytesOf(FILE)).toBeUndefined();
    const full = new Disk();
    full.most = PLAN.weightBytes / 2;
    const { bytes } = await load(full);
    expect(bytes).toEqual((await load(new Disk())).bytes);
    expect(await full.bytesOf(FILE)).toBe(0);
  });

  test('are read back, not made again, where a load comes back to them', async () => {
    const store = new Disk();
    const write = store.write.bind(store);
    let readable = true;
    store.write = async (folder, file) => {
      const writer = await write(folder, file);
      return {
        ...writer,
        read(start, end) {
          if (!readable) throw new DOMException('The handle is closed.', 'InvalidStateError');
          return writer.read(start, end);
        },
        get bytes() {
          return writer.bytes;
        },
      };
    };
    const make = segmentMaker(PLAN, WEIGHTS);
    const counted = vi.fn(make);
    const cache = { store, folder: 'folder', sha256: 'a' };
    const kept = (await cachedSegments(cache, 'int8', PLAN, counted))!;
    const [first, second] = PLAN.segments;
    kept.make(first!);
    kept.make(second!);
    expect(kept.make(first!)).toEqual(make(first!));
    expect(counted).toHaveBeenCalledTimes(2);
    readable = false;
    expect(kept.make(second!)).toEqual(make(second!));
    expect(counted).toHaveBeenCalledTimes(3);
    kept.done();
    expect(await store.bytesOf(FILE)).toBe(0);
  });

  test('that cannot be written at all do not stop a load', async () => {
    const store = new Disk();
    const write = store.write.bind(store);
    store.write = async (folder, file) => {
      const writer = await write(folder, file);
      const gone = (): never => {
        throw new DOMException('The handle is closed.', 'InvalidStateError');
      };
      let clears = 0;
      return { ...writer, append: gone, clear: () => (clears++ ? gone() : writer.clear()) };
    };
    const { made } = await load(store);
    expect(made).toBe(PLAN.segments.length);
  });

  test('are made anew from a file that cannot be read because another tab is just writing it', async () => {
    const store = new Disk();
    const { bytes } = await load(store);
    const open = store.open.bind(store);
    store.open = async (...named) => {
      const file = await open(...named);
      const slice = (): never => {
        throw new ModelError('bad-input', 'It can no longer be read.');
      };
      return file && { ...file, slice };
    };
    const again = await load(store);
    expect(again.made).toBe(PLAN.segments.length);
    expect(again.bytes).toEqual(bytes);
  });

  test('are not kept in memory, nor where they are made as fast as they are read', async () => {
    const memory = new MemoryStore();
    await load(memory);
    expect(await memory.folders()).toEqual([]);
    const cache = { store: new Disk(), folder: 'folder', sha256: 'a' };
    const make = segmentMaker(PLAN, WEIGHTS);
    expect(await cachedSegments(cache, 'f16', PLAN, make)).toBeNull();
  });

  test('are made anew from any damaged file: cut, with a false length, index or place', async () => {
    const store = new Disk();
    const { bytes } = await load(store);
    const whole = (await store.open('folder', FILE, FILE))!;
    const good = Uint8Array.from(whole.slice(0, whole.bytes));
    const indexed = (change: (text: string) => string): Uint8Array => {
      const view = new DataView(good.buffer);
      const length = view.getUint32(good.length - 4, true);
      const text = new TextDecoder().decode(good.slice(-4 - length, -4));
      const index = new TextEncoder().encode(change(text));
      const end = new Uint8Array(4);
      new DataView(end.buffer).setUint32(0, index.length, true);
      return Uint8Array.from([...good.slice(0, -4 - length), ...index, ...end]);
    };
    const damaged = [
      good.slice(0, 3),
      good.slice(0, -1),
      Uint8Array.from([...good.slice(0, -4), 255, 255, 255, 255]),
      indexed(() => 'no JSON'),
      indexed((text) => text.replace('"stretches":[', '"stretches":[7,')),
      indexed((text) => text.replace(/"at":\d+/, '"at":-1')),
      indexed((text) => text.replace(/"at":\d+/, '"at":999999999')),
      indexed((text) => text.replace(/"key":"a/, '"key":"b')),
    ];
    for (const file of damaged) {
      await store.put(file);
      const again = await load(store);
      expect(again.made).toBe(PLAN.segments.length);
      expect(again.bytes).toEqual(bytes);
    }
    await store.put(indexed((text) => text));
    expect((await load(store)).made).toBe(0);
  });
});
