// Pictures of QR codes, and what pretends to be one: the worker that reads files opens them, never the page's thread.

import { deflateSync } from 'fflate';
import { encode } from 'uqr';
import { describe, expect, test } from 'vitest';
import { FilesClient } from '../../../src/engine/files-client';
import { FileReading } from '../../../src/state/file-reading.svelte';
import { ClassResults } from '../../../src/state/measure/class-results.svelte';
import { writeClassFile } from '../../../src/formats/class-measurement';
import { MEASUREMENT } from '../../unit/formats/class-record';

const TEXT = 'https://postern.example/#room=aligned';
const files = new FilesClient();
const open = (picture: Blob, name = 'code.png') =>
  files.open({ kind: 'picture', file: picture, name }).result;

/** A code in the middle of a picture of this size, a module 4 px. */
function drawn(text: string, width: number, height: number): HTMLCanvasElement {
  const { data, size } = encode(text, { ecc: 'L', border: 4 });
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d')!;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#000';
  const [left, top] = [width, height].map((px) => Math.floor((px - 4 * size) / 2));
  for (const [y, row] of data.entries()) {
    for (const [x, dark] of row.entries()) {
      if (dark) context.fillRect(left! + 4 * x, top! + 4 * y, 4, 4);
    }
  }
  return canvas;
}
const blobOf = (canvas: HTMLCanvasElement, type = 'image/png'): Promise<Blob> =>
  new Promise((done) => canvas.toBlob((blob) => done(blob!), type));

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(12 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(data, 8);
  let crc = 0xffffffff;
  for (const byte of out.subarray(4, 8 + data.length))
    crc = CRC[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  view.setUint32(8 + data.length, ~crc >>> 0);
  return out;
}

/** A white picture, one bit a pixel, of a few kB however large it is; `rows` of it are there. */
function white(width: number, height: number, rows = height): Blob {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 1;
  const line = 1 + Math.ceil(width / 8);
  const deflated = deflateSync(new Uint8Array(line * rows), { level: 9 });
  const data = new Uint8Array(deflated.length + 6);
  data.set([0x78, 0xda]);
  data.set(deflated, 2);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const parts = [chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', new Uint8Array(0))];
  return new Blob([signature, ...parts], { type: 'image/png' });
}

describe('a picture of a code', () => {
  test.each([
    ['that fills it', 200, 200, 'image/png'],
    ['in a photograph', 1000, 700, 'image/jpeg'],
  ])('%s is read in the worker', async (_, width, height, type) => {
    const picture = await blobOf(drawn(TEXT, width, height), type);
    expect(await open(picture)).toEqual({ ok: true, value: TEXT });
  });

  test('of a camera is read there too', async () => {
    const frame = await createImageBitmap(drawn(TEXT, 640, 480));
    expect(await files.open({ kind: 'frame', frame }).result).toEqual({ ok: true, value: TEXT });
    const empty = await createImageBitmap(white(64, 48));
    expect(await files.open({ kind: 'frame', frame: empty }).result).toEqual({
      ok: true,
      value: null,
    });
  });

  test('is not read by the thread of the page', async () => {
    const picture = new File([await blobOf(drawn(TEXT, 300, 300))], 'c.png', { type: 'image/png' });
    for (const get of ['arrayBuffer', 'text', 'stream', 'slice'] as const) {
      Object.defineProperty(picture, get, {
        value: () => expect.unreachable(`${get}() was called`),
      });
    }
    expect(await new FileReading().open('picture', picture)).toEqual({ ok: true, value: TEXT });
  });

  test('of a measurement that is text is added to the class results', async () => {
    const results = new ClassResults();
    const text = writeClassFile([MEASUREMENT]).replace(/\s+/g, ' ');
    const picture = await blobOf(drawn(text, 800, 800));
    const file = new File([picture], 'fox.png', { type: 'image/png' });
    expect((await results.read(file, file.name)).added).toEqual([MEASUREMENT]);
  });
});

describe('a picture is refused in words', () => {
  const TEXT_FILE = new Blob(['no picture'], { type: 'image/png' });
  test.each<[string, () => Blob, RegExp]>([
    ['that is text', () => TEXT_FILE, /^code\.png isn't a picture/],
    ['that is empty', () => new Blob([]), /^code\.png isn't a picture/],
    ['that is broken off', () => white(400, 400).slice(0, 40), /isn't a picture|No QR code/],
    ['without a code', () => white(400, 300), /^code\.png: No QR code was found/],
    ['one pixel high', () => white(5000, 1), /No QR code/],
    ['of 20,000 x 20,000 pixels in 60 kB', () => white(20_000, 20_000, 1), /isn't a picture|No QR/],
    ['that says 4 billion pixels a side', () => white(0xffffffff, 1, 0), /isn't a picture/],
    ['of 41 MB', () => new Blob([new Uint8Array(41 << 20)]), /at most 40 MB/],
  ])('%s', async (_, picture, words) => {
    expect(await open(picture())).toEqual({
      ok: false,
      code: 'refused',
      message: expect.stringMatching(words) as unknown,
    });
  });
});
