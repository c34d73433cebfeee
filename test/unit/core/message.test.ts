import { expect, test } from 'vitest';
import { messageOf } from '../../../src/core/message';

test.each([
  ['an error', new RangeError('Layer 9 is not there.'), 'Layer 9 is not there.'],
  ['a text', 'stopped', 'stopped'],
  ['nothing', undefined, 'undefined'],
])('%s that was thrown is told by what it says', (_, thrown, said) => {
  expect(messageOf(thrown)).toBe(said);
});
