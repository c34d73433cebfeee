import { expect, test } from 'vitest';
import { describeSetAside, setAsideFile } from '../../../../src/state/saved/set-aside';

const of = (key: string) => ({ key });

test('what was set aside is named by what it is, with its number', () => {
  expect(describeSetAside([of('desk')])).toBe('an edit setting');
  expect(describeSetAside([of('room'), of('desk'), of('room'), of('directions')])).toBe(
    '2 measurements of the class results, an edit setting and a direction',
  );
  expect(describeSetAside([of('of-tomorrow')])).toBe('an entry of "of-tomorrow"');
});

test('its file holds every value, numbers of arrays as little-endian bytes in base64', () => {
  const value = { vectors: new Float32Array([1, -2]), name: 'a' };
  const { entries } = JSON.parse(
    setAsideFile([{ key: 'directions', path: '0', why: 'no', atMs: 1, value }]),
  ) as { entries: readonly { readonly value: unknown }[] };
  expect(entries).toEqual([
    {
      ...{ key: 'directions', path: '0', why: 'no', atMs: 1 },
      // 1 is 00 00 80 3f, -2 is 00 00 00 c0 (IEEE 754).
      value: { vectors: { Float32Array: 'AACAPwAAAMA=' }, name: 'a' },
    },
  ]);
});
