import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/checkpoint/config';
import { DirectionFileError } from '../../../src/formats/direction/direction-file-error';

test('a message stays readable, however long what stands in the file is', () => {
  const config = { architectures: ['A'.repeat(14_000)] };
  expect(() => parseConfig(JSON.stringify(config), 'config.json')).toThrow(/^[^]{50,1200}$/);
  const { message } = new DirectionFileError(
    'corrupt',
    'a.pt',
    `"${'x'.repeat(9000)}" is wrong.`,
    'Get it again.',
  );
  expect(message).toMatch(/^a\.pt: "x{599}…\. Get it again\.$/);
});
