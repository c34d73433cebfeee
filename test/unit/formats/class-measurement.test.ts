import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/core/rng';
import { DirectionFileError } from '../../../src/formats/direction/direction-file-error';
import {
  isClassLink,
  MAX_ROOM_LINK_CHARS,
  measurementId,
  readClassLink,
  writeClassFile,
  writeClassLink,
} from '../../../src/formats/class-measurement';
import { readClassFile } from '../../../src/formats/read-class-file';
import { arm, MEASUREMENT } from './class-record';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function codeOf(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    if (error instanceof DirectionFileError) return error.code;
    throw error;
  }
}

describe('a measurement for the room', () => {
  test('comes out of a file and of a link as it went in', () => {
    const file = writeClassFile([MEASUREMENT, { ...MEASUREMENT, seed: 2 }]);
    expect(readClassFile(bytes(file), 'a.json')).toEqual([
      MEASUREMENT,
      { ...MEASUREMENT, seed: 2 },
    ]);
    const link = writeClassLink(MEASUREMENT);
    expect(readClassLink(link)).toEqual(MEASUREMENT);
    expect(readClassLink(`https://example.org/postern/${link}\n`)).toEqual(MEASUREMENT);
    expect(isClassLink('#v=1&em=a')).toBe(false);
    // Small enough for a code that a camera reads.
    expect(link.length).toBeLessThan(800);
    expect(link).toMatch(/^#room=1\.[\w-]+\.[0-9a-f]{6}$/);
  });

  test('is known by its content', () => {
    expect(measurementId(readClassLink(writeClassLink(MEASUREMENT)))).toBe(
      measurementId(MEASUREMENT),
    );
    const { nickname, ...rest } = MEASUREMENT;
    expect(measurementId({ ...rest, nickname })).toBe(measurementId(MEASUREMENT));
    expect(measurementId({ ...MEASUREMENT, seed: 3 })).not.toBe(measurementId(MEASUREMENT));
  });

  test('carries the lesson step, and stays the same measurement at another step', () => {
    const at = { ...MEASUREMENT, lesson: { id: 'rates', step: 'eight', done: 3 } };
    expect(readClassLink(writeClassLink(at))).toEqual(at);
    expect(readClassFile(bytes(writeClassFile([at, MEASUREMENT])), 'a')).toEqual([at, MEASUREMENT]);
    expect(measurementId(at)).toBe(measurementId(MEASUREMENT));
    // As pages that knew no steps computed it: results that are stored keep their ids.
    expect(measurementId(MEASUREMENT)).toBe('00ff12ab34-1d4b0532d985');
  });

  test('too large for a code says so, and that a file carries it', () => {
    const rng = createRng(1);
    const noise = (): string =>
      Array.from({ length: 150 }, () => rng.int(36).toString(36)).join('');
    const many = Array.from({ length: 20 }, (_, i) => ({ ...arm(`model ${i}`, noise()) }));
    const large = { ...MEASUREMENT, arms: many };
    expect(() => writeClassLink(large)).toThrow(/more than the 1500 .* Save the file instead/);
    expect(readClassFile(bytes(writeClassFile([large])), 'a')).toEqual([large]);
  });

  test.each([
    ['another version', writeClassLink(MEASUREMENT).replace('=1.', '=2.'), 'unsupported'],
    ['one letter changed', writeClassLink(MEASUREMENT).replace(/=1\.(...)./, '=1.$1_'), 'corrupt'],
    ['its end missing', writeClassLink(MEASUREMENT).slice(0, 200), 'truncated'],
    ['too much', `#room=1.${'a'.repeat(MAX_ROOM_LINK_CHARS)}.aaaaaa`, 'too-large'],
    ['something else', 'https://example.org/', 'nothing-inside'],
  ])('a link with %s is refused', (_, link, code) => {
    expect(codeOf(() => readClassLink(link))).toBe(code);
  });

  test.each([
    [
      'negative counts',
      { arms: [{ ...arm('em', null), counts: { ...arm('em', null).counts, mixed: -1 } }] },
    ],
    [
      'a part of an answer',
      { arms: [{ ...arm('em', null), counts: { ...arm('em', null).counts, mixed: 0.5 } }] },
    ],
    ['no arms', { arms: [] }],
    ['a field of its own', { script: 'x' }],
    ['a nickname that is too long', { nickname: 'x'.repeat(25) }],
    ['a nickname that turns the line around', { nickname: 'a\u202eb' }],
    ['a seed out of range', { seed: 2 ** 32 }],
    ['a lesson that is markup', { lesson: { id: '<img src=x>', step: 'a', done: 0 } }],
    ['a lesson step without end', { lesson: { id: 'a', step: 'a'.repeat(41), done: 0 } }],
    ['a lesson with a field of its own', { lesson: { id: 'a', step: 'b', done: 0, more: 1 } }],
    ['more steps done than there can be', { lesson: { id: 'a', step: 'b', done: 501 } }],
  ])('a file with %s is refused by name', (_, change) => {
    const text = writeClassFile([{ ...MEASUREMENT, ...change }]);
    expect(() => readClassFile(bytes(text), 'it.json')).toThrow(
      /^it\.json: It isn't a measurement/,
    );
  });

  test('a file of another version or of another kind says which', () => {
    const text = writeClassFile([MEASUREMENT]);
    expect(
      codeOf(() => readClassFile(bytes(text.replace('"version": 1', '"version": 7')), 'a')),
    ).toBe('unsupported');
    expect(codeOf(() => readClassFile(bytes('{"a": 1}'), 'a'))).toBe('wrong-shape');
    expect(codeOf(() => readClassFile(bytes('no'), 'a'))).toBe('corrupt');
    expect(codeOf(() => readClassFile(new Uint8Array([0xff, 0xfe]), 'a'))).toBe('corrupt');
  });
});
