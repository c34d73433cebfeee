import { describe, expect, test } from 'vitest';
import { noticesText, packageOf } from '../../../src/serve/licences-plugin';

describe('the package of a bundled module', () => {
  test.each([
    ['/home/me/postern/node_modules/d3-array/src/max.js', 'd3-array'],
    ['/p/node_modules/@huggingface/hub/dist/index.mjs', '@huggingface/hub'],
    ['/p/node_modules/a/node_modules/@b/c/index.js?worker', '@b/c'],
    ['node_modules/@fontsource-variable/inter/files/inter.woff2', '@fontsource-variable/inter'],
    ['C:\\p\\node_modules\\yaml\\browser\\index.js', 'yaml'],
    ['\0vite/preload-helper.js', 'vite'],
    ['\0rolldown/runtime.js', 'rolldown'],
    ['/p/src/main.ts', null],
  ])('%s', (id, folder) => {
    expect(packageOf(id)).toBe(folder);
  });
});

describe('the notices', () => {
  const one = { name: 'one', version: '1.0.0', licence: 'ISC', texts: ['Copyright A\n'] };

  test('name each package with its version and licence, above all of its texts', () => {
    const text = noticesText([{ ...one, texts: ['Copyright A', 'Notice B'] }]);
    expect(text).toMatch(/one 1\.0\.0, ISC\n\nCopyright A\n\n_____\n\nNotice B\n$/);
  });

  test('hold a licence that two packages share word by word once, under both names', () => {
    const other = { ...one, name: 'two', texts: ['\nCopyright A'] };
    const third = { ...one, name: 'three', texts: ['Copyright C'] };
    const text = noticesText([one, third, other]);
    expect(text.match(/Copyright A/g)).toHaveLength(1);
    expect(text).toContain('one 1.0.0, ISC\ntwo 1.0.0, ISC\n\nCopyright A');
    expect(text).toContain('three 1.0.0, ISC\n\nCopyright C');
  });
});
