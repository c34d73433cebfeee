// Uses the browser's storage where it can be used, which is in a worker.

import { expose } from 'comlink';
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
};

export type StoreWorker = typeof worker;

expose(worker);
