// A Hugging Face folder on this computer's disk. Weights are read tensor by tensor, so a checkpoint may be larger than
// memory.

import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ModelConfig, parseConfig, type Weights } from '../../../src/checkpoint/config';
import { CheckpointError } from '../../../src/checkpoint/error';
import type { FileBytes } from '../../../src/checkpoint/file-bytes';
import { shardNames } from '../../../src/checkpoint/sharded';
import { openWeights } from '../../../src/checkpoint/weights';

const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

export interface DiskFolder {
  readonly name: string;
  /** @throws CheckpointError 'missing-tensor' for a file that is not there */
  read(file: string): Uint8Array<ArrayBuffer>;
  has(file: string): boolean;
}

export function diskFolder(path: string): DiskFolder {
  const name = basename(path);
  const has = (file: string): boolean => existsSync(join(path, file));
  return {
    name,
    has,
    read: (file) => {
      if (has(file)) return new Uint8Array(readFileSync(join(path, file)));
      throw new CheckpointError(
        'missing-tensor',
        name,
        `It has no ${file}.`,
        'Check the name of the folder.',
      );
    },
  };
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Reads parts of a file; opened once, closed when the process ends. */
function fileOnDisk(path: string): FileBytes {
  const file = openSync(path, 'r');
  process.once('exit', () => closeSync(file));
  return {
    name: basename(path),
    bytes: fstatSync(file).size,
    slice(start, end) {
      const into = new Uint8Array(end - start);
      for (let at = 0; at < into.length;) {
        const got = readSync(file, into, at, into.length - at, start + at);
        if (got === 0) return into.subarray(0, at);
        at += got;
      }
      return into;
    },
  };
}

/** @throws CheckpointError as `parseConfig` and `openWeights` */
export function checkpointOnDisk(path: string): {
  readonly config: ModelConfig;
  readonly weights: Weights;
} {
  const folder = diskFolder(path);
  const config = parseConfig(textOf(folder.read('config.json')), `${folder.name}/config.json`);
  const shards = folder.has(WEIGHTS)
    ? [WEIGHTS]
    : shardNames(textOf(folder.read(INDEX)), `${folder.name}/${INDEX}`);
  return openWeights(
    config,
    shards.map((shard) => fileOnDisk(join(path, shard))),
  );
}
