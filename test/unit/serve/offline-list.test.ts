import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listFiles, withList, writeServiceWorkerOfCopy } from '../../../src/serve/offline-list';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'postern-list-')), 'page');
  mkdirSync(folder);
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

describe('the list of the files of a built page', () => {
  test('holds every file in every folder by name, with its size and the SHA-256 of its content', () => {
    mkdirSync(join(folder, 'models', 'one'), { recursive: true });
    writeFileSync(join(folder, 'index.html'), 'abc');
    writeFileSync(join(folder, 'models', 'one', 'empty.json'), '');
    // SHA-256 of "abc" and of nothing: FIPS 180-2, and `sha256sum /dev/null`.
    expect(listFiles(folder)).toEqual([
      {
        url: 'index.html',
        sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        bytes: 3,
      },
      {
        url: 'models/one/empty.json',
        sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        bytes: 0,
      },
    ]);
  });

  test('leaves out the service worker that will hold it', () => {
    for (const name of ['service.worker.js', 'icon.svg']) {
      writeFileSync(join(folder, name), name);
    }
    expect(listFiles(folder).map(({ url }) => url)).toEqual(['icon.svg']);
  });
});

describe('the list in the script', () => {
  const file = { url: "it's $& a `name`.txt", sha256: '00', bytes: 1 };

  test('stands where the script reads it, whatever the names hold', () => {
    const self = {};
    const script = withList('self.files = self.POSTERN_FILES;', [file, { ...file, url: 'b' }]);
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
    new Function('self', script)(self);
    expect(self).toEqual({ files: [file, { ...file, url: 'b' }] });
  });

  test.each(['self.other', 'self.POSTERN_FILES + self.POSTERN_FILES'])(
    'is refused by a script with no place for it, or two: %s',
    (script) => {
      expect(() => withList(script, [file])).toThrow('should name self.POSTERN_FILES once');
    },
  );
});

describe('the service worker of a copy with another file', () => {
  const worker = (of: string): string => readFileSync(join(of, 'service.worker.js'), 'utf8');
  let copy: string;
  beforeEach(() => {
    writeFileSync(join(folder, 'index.html'), 'abc');
    writeFileSync(
      join(folder, 'service.worker.js'),
      withList('self.files = self.POSTERN_FILES;', listFiles(folder)),
    );
    copy = join(folder, '..', 'copy');
    cpSync(folder, copy, { recursive: true });
    writeFileSync(join(copy, 'model.bin'), 'weights');
  });
  afterEach(() => rmSync(copy, { recursive: true }));

  test('lists what the copy holds, and is the same otherwise', () => {
    writeServiceWorkerOfCopy(folder, copy);
    expect(worker(copy)).toBe(withList('self.files = self.POSTERN_FILES;', listFiles(copy)));
    expect(worker(copy)).toContain('model.bin');
  });

  test('is not written of a page whose files are not those that it lists', () => {
    writeFileSync(join(folder, 'index.html'), 'changed since');
    expect(() => writeServiceWorkerOfCopy(folder, copy)).toThrow('Build it again');
  });
});
