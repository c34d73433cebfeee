// Files of directions.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Rng } from '../../../src/core/rng';
import { DirectionFileError } from '../../../src/formats/direction/direction-file-error';
import { readGguf } from '../../../src/formats/direction/gguf';
import { writeGguf } from '../../../src/formats/direction/write-gguf';
import { readDirectionJson } from '../../../src/formats/direction/json-direction';
import { writeDirectionJson } from '../../../src/formats/direction/write-json';
import { readPickle } from '../../../src/formats/direction/pickle';
import { readPt } from '../../../src/formats/direction/pt';
import { readDirectionFile } from '../../../src/formats/direction/read';
import { readDirectionSafetensors } from '../../../src/formats/direction/safetensors-direction';
import { writeDirectionSafetensors } from '../../../src/formats/direction/write-safetensors-direction';
import { RECORD } from '../../unit/formats/record';
import { mutateSafetensors, mutateZip } from '../mutate/archives';
import { inserted, mutateBytes, replaceNumber } from '../mutate/bytes';
import { mutateJson } from '../mutate/json';
import { bytesOf, textOf } from '../mutate/text';
import { parser } from '../parser';

const FILE = 'broken';
const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(import.meta.dirname, '../../unit/formats/fixtures', name)));

const PT = [
  'by-name.pt',
  'beside.pt',
  'numpy.pt',
  'state-dict.pt',
  'negative-keys.pt',
  'bfloat.pt',
].map(fixture);
const PICKLES = PT.map((pt) => {
  const files = unzipSync(pt);
  return files[Object.keys(files).find((name) => name.endsWith('data.pkl'))!]!;
});
const GGUF = [writeGguf(RECORD, 'llama'), fixture('llama-cpp.gguf'), fixture('repeng.gguf')];
const SAFETENSORS = writeDirectionSafetensors(RECORD);
const JSON_BYTES = bytesOf(writeDirectionJson(RECORD));

/** Instructions of a pickle, some with an argument that is far too large. */
const INSTRUCTIONS = [
  [0x28],
  [0x5d],
  [0x7d],
  [0x29],
  [0x30],
  [0x32],
  [0x52],
  [0x62],
  [0x81],
  [0x85],
  [0x87],
  [0x65],
  [0x73],
  [0x75],
  [0x51],
  [0x94],
  [0x68, 0],
  [0x68, 0xff],
  [0x6a, 0xff, 0xff, 0xff, 0x7f],
  [0x72, 0xff, 0xff, 0xff, 0xff],
  [0x58, 0xff, 0xff, 0xff, 0xff],
  [0x8c, 9, 0x5f, 0x5f, 0x70, 0x72, 0x6f, 0x74, 0x6f, 0x5f],
  [0x8b, 0xff, 0xff, 0xff, 0x7f],
  [0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80],
  [0x95, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x63, 0x6f, 0x73, 0x0a, 0x73, 0x79, 0x73, 0x74, 0x65, 0x6d, 0x0a],
  [0x2e],
].map((bytes) => Uint8Array.from(bytes));

function mutatePickle(rng: Rng, valid: Uint8Array): Uint8Array {
  if (rng.chance(0.4)) return mutateBytes(rng, valid);
  let out = valid;
  for (let n = 1 + rng.int(3); n > 0; n--) {
    const at = rng.int(out.length + 1);
    const one = rng.pick(INSTRUCTIONS);
    const times = rng.chance(0.1) ? 1 + rng.int(5000) : 1;
    const part = new Uint8Array(one.length * times);
    for (let i = 0; i < times; i++) part.set(one, i * one.length);
    out = rng.chance(0.7) ? inserted(out, at, part) : inserted(out.slice(0, at), at, part);
  }
  return out;
}

/** Numbers of 32 and 64 bits behind the texts of a GGUF file, which are its kinds, lengths and counts. */
function mutateGguf(rng: Rng, valid: Uint8Array): Uint8Array {
  if (rng.chance(0.3)) return mutateBytes(rng, valid);
  const out = valid.slice();
  for (let n = 1 + rng.int(2); n > 0; n--) {
    if (rng.chance(0.3)) {
      replaceNumber(rng, out, rng.pick([4, 8, 16]), rng.pick([4, 8]));
      continue;
    }
    let at = 24 + rng.int(Math.min(out.length - 24, 600));
    while (at < out.length && out[at] !== 0) at += 1;
    replaceNumber(rng, out, at - rng.int(8), rng.pick([4, 8]));
  }
  return out;
}

const mutatePt = (rng: Rng, valid: Uint8Array): Uint8Array =>
  mutateZip(rng, valid, (_, content, name) =>
    name.endsWith('.pkl') ? mutatePickle(rng, content) : mutateBytes(rng, content),
  );
const mutateJsonBytes = (rng: Rng, valid: Uint8Array): Uint8Array =>
  bytesOf(mutateJson(rng, textOf(valid)));

export const DIRECTION_PARSERS = [
  parser<Uint8Array>({
    name: 'a direction in safetensors',
    errors: [DirectionFileError],
    valid: [SAFETENSORS],
    mutate: mutateSafetensors,
    read: (input) => readDirectionSafetensors(input, FILE),
  }),
  parser<Uint8Array>({
    name: 'a direction in GGUF',
    errors: [DirectionFileError],
    valid: GGUF,
    mutate: mutateGguf,
    read: (input) => readGguf(input, FILE),
    share: 2,
  }),
  parser<Uint8Array>({
    name: 'a direction in .pt',
    errors: [DirectionFileError],
    valid: PT,
    mutate: mutatePt,
    read: (input) => readPt(input, FILE),
    share: 2,
  }),
  parser<Uint8Array>({
    name: 'the pickle of a .pt',
    errors: [DirectionFileError],
    valid: PICKLES,
    mutate: mutatePickle,
    read: (input) => readPickle(input, FILE),
    share: 2,
  }),
  parser<Uint8Array>({
    name: 'a direction in JSON',
    errors: [DirectionFileError],
    valid: [JSON_BYTES],
    mutate: mutateJsonBytes,
    read: (input) => readDirectionJson(input, FILE),
  }),
  parser<Uint8Array>({
    name: 'a direction told by its content',
    errors: [DirectionFileError],
    valid: [SAFETENSORS, JSON_BYTES, ...GGUF, ...PT, fixture('bare.pkl')],
    mutate: mutateBytes,
    read: (input) => readDirectionFile(input, FILE),
  }),
];
