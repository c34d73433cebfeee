// `model.safetensors.index.json`: which files the tensors of a large checkpoint are spread over
// (transformers, "Sharded checkpoints"). The tensors are looked up in the files themselves; the index
// is only asked for their names.

import * as v from 'valibot';
import { CheckpointError } from './error';
import { checkShape, parseJson } from './json';

const MAX_INDEX_CHARS = 16 << 20;
const MAX_SHARDS = 256;

const Index = v.looseObject({ weight_map: v.record(v.string(), v.string()) });

/** A name beside the index, of any form: no folder above or below, no control character, no half of a pair. */
const PLAIN_NAME = /^[^/\\\p{Cc}\p{Cs}]{1,243}\.safetensors$/u;

/**
 * Names of the files, each once, in the order of their names.
 * @throws CheckpointError 'corrupt', or 'too-large'.
 */
export function shardNames(json: unknown, file: string): readonly string[] {
  const value = parseJson(json, file, 'corrupt', MAX_INDEX_CHARS);
  const { weight_map: map } = checkShape(Index, value, file, 'corrupt');
  const names = [...new Set(Object.values(map))].sort();
  const strange = names.find((name) => !PLAIN_NAME.test(name));
  const refuse = (reason: string): never => {
    throw new CheckpointError('corrupt', file, reason, 'Download it again.');
  };
  if (strange !== undefined)
    refuse(
      `It names ${JSON.stringify(strange.slice(0, 100))}, which is no safetensors file beside it.`,
    );
  if (names.length === 0) refuse('It names no file.');
  if (names.length > MAX_SHARDS) refuse(`It names ${names.length} files, more than ${MAX_SHARDS}.`);
  return names;
}
