// `model.safetensors.index.json`: which files the tensors of a large checkpoint are spread over
// (transformers, "Sharded checkpoints"). The tensors are looked up in the files themselves; the index
// is asked for the names of the files, and for those of the tensors before any file is downloaded.

import * as v from 'valibot';
import { CheckpointError } from './error';
import { checkShape, parseJson } from './json';

const MAX_INDEX_CHARS = 16 << 20;
const MAX_SHARDS = 256;

const Index = v.looseObject({ weight_map: v.record(v.string(), v.string()) });

/** A name beside the index, of any form: no folder above or below, no control character, no half of a pair. */
const PLAIN_NAME = /^[^/\\\p{Cc}\p{Cs}]{1,243}\.safetensors$/u;

const weightMap = (json: unknown, file: string): Readonly<Record<string, string>> =>
  checkShape(Index, parseJson(json, file, 'corrupt', MAX_INDEX_CHARS), file, 'corrupt').weight_map;

/** Names of the tensors that the index lists. @throws CheckpointError 'corrupt', or 'too-large'. */
export const indexedTensors = (json: unknown, file: string): readonly string[] =>
  Object.keys(weightMap(json, file));

/**
 * Names of the files, each once, in the order of their names.
 * @throws CheckpointError 'corrupt', or 'too-large'.
 */
export function shardNames(json: unknown, file: string): readonly string[] {
  const names = [...new Set(Object.values(weightMap(json, file)))].sort();
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
