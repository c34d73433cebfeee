// Hashing in pieces: the same hash as in one go, with turns for others in between.

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { bytesInMemory } from '../../../../src/checkpoint/file-bytes';
import { tensor } from '../../../../src/core/tensor';
import { identityOf } from '../../../../workers/checkpoint/identity';
import { ModelError } from '../../../../workers/runtime';

const MIB = 1 << 20;
/** Sizes at which the weights are hashed in pieces, and at which the files are. */
const [IN_PIECES, BY_FILES] = [100e6, 600e6];

const numbers = new Float32Array(5 * MIB).map((_, i) => i % 1000);
const weights = new Map([
  ['a', tensor(numbers, [numbers.length])],
  ['b', tensor(numbers.slice(0, 10), [10])],
]);
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);
const file = bytesInMemory('model.safetensors', bytesOf(numbers));

function sha256(...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

test('weights are named by their bytes in name order, large ones by the hashes of their files', async () => {
  const bytes = [...weights.values()].map(({ data }) => bytesOf(data));
  for (const size of [4 * (numbers.length + 10), IN_PIECES]) {
    expect(await identityOf(weights, size, [])).toBe(sha256(...bytes));
  }
  expect(await identityOf(weights, BY_FILES, [file])).toBe(sha256(sha256(bytesOf(numbers))));
});

test.each([
  ['weights', IN_PIECES],
  ['files', BY_FILES],
])(
  '%s are hashed in pieces with a turn for others between them, and can be given up there',
  async (_, size) => {
    let turns = 0;
    const pause = () => {
      turns += 1;
      return turns < 3 ? Promise.resolve() : Promise.reject(new ModelError('cancelled', 'Enough.'));
    };
    await expect(identityOf(weights, size, [file], pause)).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(turns).toBe(3);
  },
);
