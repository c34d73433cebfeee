// A folder of a checkpoint or an adapter: beside the page, on the Hub, at an address, in this browser's
// storage, or among dropped files. The loader sees the same interface for all.

import { CheckpointError } from '../../src/checkpoint/error';
import type { FileBytes } from '../../src/checkpoint/file-bytes';
import { shardNames } from '../../src/checkpoint/sharded';
import type { ByteCounter } from './fetch-file';

export interface FolderEntry {
  /** Name in the folder; no folders below it are ever used. */
  readonly path: string;
  /** null: not known before it is fetched. */
  readonly bytes: number | null;
  /** Hex, where the source states it. */
  readonly sha256: string | null;
  /** Tells this version of the file from others, as the server says; null: it does not, or a commit does. */
  readonly validator: string | null;
}

export interface Folder {
  /** As people know it: the repository's id, or the folder's name. */
  readonly name: string;
  /** @throws ModelError `network`, `no-access` or `cancelled`. */
  list(signal: AbortSignal): Promise<readonly FolderEntry[]>;
  /**
   * A small file as text, without storing it; null: no such file.
   * @throws ModelError `network`, `no-access` or `cancelled`.
   */
  peek(path: string, signal: AbortSignal): Promise<string | null>;
  /**
   * A file of weights of which the header can be read, and of a server's no more; null: no such file, or its
   * size is not known.
   * @throws ModelError `network`, `no-access` or `cancelled`.
   */
  header(path: string, signal: AbortSignal): Promise<FileBytes | null>;
  /**
   * The named files, read or downloaded; optional ones may be missing in the answer.
   * @throws ModelError `network`, `no-access`, `storage-full` or `cancelled`; CheckpointError.
   */
  take(
    entries: readonly FolderEntry[],
    counter: ByteCounter,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, FileBytes>>;
}

export const INDEX = 'model.safetensors.index.json';
export const OPTIONAL: readonly string[] = [
  'generation_config.json',
  'chat_template.jinja',
  'chat_template.json',
  'special_tokens_map.json',
  'added_tokens.json',
];
const REQUIRED = {
  base: ['config.json', 'tokenizer.json', 'tokenizer_config.json'],
  adapter: ['adapter_config.json', 'adapter_model.safetensors'],
} as const;
/** The name of adapter files that mlx-lm writes. */
const MLX_ADAPTER = 'adapters.safetensors';
const PICKLED = /^(pytorch_model|adapter_model).*\.bin$/;

export type FolderRole = keyof typeof REQUIRED;

/**
 * The files of a folder that a checkpoint, or an adapter, is made of. Which files hold the weights of a large
 * checkpoint only its index says, so that is asked first.
 * @throws CheckpointError 'missing-tensor' where weights are missing, 'bad-config' for other files, and as
 *   `shardNames`; ModelError as `Folder.list`.
 */
export async function wantedFiles(
  folder: Folder,
  role: FolderRole,
  signal: AbortSignal,
): Promise<readonly FolderEntry[]> {
  const entries = await folder.list(signal);
  const has = (path: string): boolean => entries.some((entry) => entry.path === path);
  const names = new Set<string>(REQUIRED[role]);
  if (role === 'base') {
    for (const name of OPTIONAL) names.add(name);
    if (has('model.safetensors') || !has(INDEX)) names.add('model.safetensors');
    else {
      names.add(INDEX);
      const index = `${folder.name}/${INDEX}`;
      const shards = shardNames(await folder.peek(INDEX, signal), index);
      const absent = shards.filter((path) => !has(path));
      if (absent.length > 0) throw missingShards(index, absent);
      for (const path of shards) names.add(path);
    }
  }
  const missing = [...names].find((name) => !OPTIONAL.includes(name) && !has(name));
  if (missing !== undefined) {
    const weights = missing.endsWith('.safetensors');
    const mlx = role === 'adapter' && has(MLX_ADAPTER);
    const pickled = weights && entries.some(({ path }) => PICKLED.test(path));
    throw new CheckpointError(
      weights ? 'missing-tensor' : 'bad-config',
      folder.name,
      mlx
        ? `It is an adapter of mlx-lm (${MLX_ADAPTER}), not of PEFT.`
        : pickled
          ? `It has its weights as a pickle only (.bin), not as ${missing}.`
          : `There is no file ${missing} in it.`,
      mlx
        ? 'Fuse it with mlx_lm.fuse and load the fused model as a whole checkpoint instead.'
        : pickled
          ? 'A pickle can run any program, so it is never opened here: choose a repository with safetensors.'
          : adviceFor(role, entries),
    );
  }
  return entries.filter(({ path }) => names.has(path));
}

function adviceFor(role: FolderRole, entries: readonly FolderEntry[]): string {
  const has = (path: string): boolean => entries.some((entry) => entry.path === path);
  if (role === 'base' && has('adapter_config.json')) {
    return 'It is an adapter: name it as the fine-tune, and the model that it was made for as the base.';
  }
  if (role === 'adapter' && has('config.json')) {
    return 'It is a whole checkpoint: say so in the choice of the fine-tune.';
  }
  return role === 'base'
    ? 'A checkpoint is a folder with config.json, tokenizer.json, tokenizer_config.json and model.safetensors (or its parts and their index).'
    : 'An adapter is a folder with adapter_config.json and adapter_model.safetensors.';
}

/**
 * The weight files among those of a base.
 * @throws CheckpointError 'missing-tensor' where the index names a file that is not there; as `shardNames`.
 */
export function weightFiles(files: ReadonlyMap<string, FileBytes>): readonly FileBytes[] {
  const single = files.get('model.safetensors');
  if (single) return [single];
  const index = files.get(INDEX)!;
  const text = new TextDecoder().decode(index.slice(0, index.bytes));
  return shardNames(text, index.name).map((name) => {
    const file = files.get(name);
    if (file) return file;
    throw missingShards(index.name, [name]);
  });
}

function missingShards(index: string, [first = '', ...others]: readonly string[]): CheckpointError {
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return new CheckpointError(
    'missing-tensor',
    index,
    `It names ${first}${more}, which ${others.length === 0 ? 'is' : 'are'} not in the folder.`,
    'Get the missing files, or choose a complete folder.',
  );
}
