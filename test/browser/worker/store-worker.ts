// Uses the browser's storage where it can be used, which is in a worker.

import { expose } from 'comlink';
import { storedReport } from '../../../workers/checkpoint/inspect';
import { openStore } from '../../../workers/source/store-opfs';

const FOLDER = 'a folder of store.test.ts';
const FILE = 'numbers.bin';

const worker = {
  /** Reads a file of 1,000 bytes: as it is, and held by two at once; tries to remove it held and not. */
  async holdAndRead() {
    const store = await openStore();
    const writer = await store.write(FOLDER, FILE);
    writer.clear();
    writer.append(Uint8Array.from({ length: 1000 }, (_, i) => i % 251));
    writer.close();
    const file = (await store.open(FOLDER, FILE, FILE))!;
    const other = (await store.open(FOLDER, FILE, FILE))!;
    const plain = file.slice(100, 900);
    const [end, otherEnd] = await Promise.all([file.hold!(), other.hold!()]);
    const room = new Uint8Array(2000);
    const held = file.slice(100, 900, room);
    const remove = (): Promise<string> =>
      store.remove(FOLDER).then(
        () => 'removed',
        (error: unknown) => String(error),
      );
    const values = {
      kept: store.kept,
      plain,
      held: held.slice(),
      intoRoom: held.buffer === room.buffer,
      readByOther: other.slice(100, 900),
      beyondTheEnd: other.slice(990, 1010).length,
      whileHeld: await remove(),
    };
    end();
    otherEnd();
    return { ...values, afterwards: file.slice(100, 900), atLast: await remove() };
  },

  /** What the store reports where another program, or another version, has left things of its own in it. */
  async amongOthers() {
    const root = await navigator.storage.getDirectory();
    const checkpoints = await root.getDirectoryHandle('checkpoints', { create: true });
    await checkpoints.getDirectoryHandle('100% other', { create: true });
    await checkpoints.getDirectoryHandle('a b', { create: true });
    await checkpoints.getFileHandle('a-file', { create: true });
    const store = await openStore();
    const write = async (folder: string, text: string): Promise<void> => {
      const writer = await store.write(folder, 'manifest.json');
      writer.clear();
      writer.append(new TextEncoder().encode(text));
      writer.close();
    };
    await write('hub https://x a/newer main', '{"version":2,"files":{}}');
    await write('hub https://x a/broken main', '{"version":1,');
    const odd = await checkpoints.getDirectoryHandle('hub%20x', { create: true });
    await odd.getDirectoryHandle('manifest.json', { create: true });
    const before = (await storedReport(store)).entries.map(({ key, complete }) => [key, complete]);
    for (const [key] of before) await store.remove(String(key));
    const after = (await storedReport(store)).entries.length;
    const left: string[] = [];
    for await (const name of checkpoints.keys()) left.push(name);
    for (const name of left) await checkpoints.removeEntry(name, { recursive: true });
    return { before, after, left: left.sort() };
  },
};

export type StoreWorker = typeof worker;

expose(worker);
