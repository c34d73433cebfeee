// A folder that was cloned without Git LFS holds pointers in place of its large files: each reader names them.

import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/checkpoint/config';
import { hasWholeHeader, parseSafetensors } from '../../../src/checkpoint/safetensors';
import { createTokenizer } from '../../../src/checkpoint/tokenizer';
import { readDirectionFile } from '../../../src/formats/direction/read';

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d'.repeat(32)}\nsize 12345\n`;
const BYTES = new TextEncoder().encode(POINTER);

test.each<[string, () => unknown]>([
  ['weights', () => parseSafetensors(BYTES, 'x')],
  ['config.json', () => parseConfig(POINTER, 'x')],
  ['tokenizer.json', () => createTokenizer(POINTER, '{}', 'x')],
  ['a direction', () => readDirectionFile(BYTES, 'x')],
])('a pointer in place of %s is named, with what to do', async (_, read) => {
  const reading = (async () => await read())();
  await expect(reading).rejects.toThrow(/^x: The file is a pointer of Git LFS.*git lfs pull/);
});

test('a look-up needs no more of a pointer than its beginning', () => {
  expect(hasWholeHeader(BYTES.subarray(0, 64))).toBe(true);
});
