// Inspects a source before any large download, and lists the stored folders.

import { parseAdapterConfig } from '../../src/checkpoint/adapter/adapter-config';
import { checkAdapterHeader } from '../../src/checkpoint/adapter/peft';
import { declaredMatrices } from '../../src/checkpoint/adapter/adapter-rules';
import { expectedTensors, parseConfig } from '../../src/checkpoint/config';
import { parseGenerationConfig } from '../../src/checkpoint/generation-config';
import { indexedTensors } from '../../src/checkpoint/sharded';
import { requireTensors } from '../../src/checkpoint/weights';
import type {
  AdapterBase,
  AdapterCard,
  CheckpointCard,
  FolderCard,
  FolderSource,
  StoredReport,
} from '../api';
import { CACHED_PRECISIONS, convertedFile } from '../runtime/converted-weights';
import {
  INDEX,
  wantedFiles,
  type Folder,
  type FolderEntry,
  type FolderRole,
} from '../source/folder';
import { ModelError } from '../runtime';
import { openFolder, type Sources } from '../source/open-folder';
import { readManifest, StoredFolder } from '../source/stored-folder';
import type { FileStore } from '../source/store';
import { readTokenizer, requireAdapterRows, requireRows, rowsNeeded } from './tokenizer-files';

const GENERATION = 'generation_config.json';

/** @throws CheckpointError, ModelError. */
export async function inspectBase(
  source: FolderSource,
  sources: Sources,
  signal: AbortSignal,
): Promise<FolderCard> {
  return (await baseCard(source, sources, signal)).card;
}

async function baseCard(
  source: FolderSource,
  sources: Sources,
  signal: AbortSignal,
): Promise<{ card: Omit<CheckpointCard, 'tokens'>; folder: Folder }> {
  const { card, folder, wanted, text } = await inspect(
    source,
    'base',
    'config.json',
    sources,
    signal,
  );
  const config = parseConfig(text, `${folder.name}/config.json`);
  if (wanted.some(({ path }) => path === INDEX)) {
    const index = `${folder.name}/${INDEX}`;
    requireTensors(config, indexedTensors(await folder.peek(INDEX, signal), index), index);
  }
  const parameters = [...expectedTensors(config).values()].reduce(
    (sum, dims) => sum + dims.reduce((product, dim) => product * dim, 1),
    0,
  );
  const notes = await notesOf(folder, signal);
  return { card: { ...card, config, parameters, notes }, folder };
}

/** Notes on settings of generation_config.json that Postern ignores. */
async function notesOf(folder: Folder, signal: AbortSignal): Promise<readonly string[]> {
  const text = await folder.peek(GENERATION, signal);
  if (text === null) return [];
  const { odd, ignoredSettings } = parseGenerationConfig(text, GENERATION);
  return ignoredSettings.length === 0
    ? odd
    : [...odd, `${GENERATION}: Postern doesn't follow ${ignoredSettings.join(', ')}.`];
}

/**
 * As `inspectBase`, and checks that Postern supports the tokenizer, since an unsupported one must show before
 * the weights are downloaded.
 * @throws CheckpointError, ModelError.
 */
export async function lookUpBase(
  source: FolderSource,
  sources: Sources,
  signal: AbortSignal,
): Promise<CheckpointCard> {
  const { card, folder } = await baseCard(source, sources, signal);
  const tokenizer = await readTokenizer(
    async (path) => {
      const text = await folder.peek(path, signal);
      return text === null ? null : { name: `${folder.name}/${path}`, text };
    },
    (path) =>
      new ModelError('network', `${folder.name}/${path} is not there any more. Look up again.`),
  );
  const tokens = rowsNeeded(tokenizer);
  requireRows(tokens, card.config.dVocab, folder.name);
  // The tokenizer has been read, so its size is known now even where the server does not state it.
  const bytes =
    folder instanceof StoredFolder
      ? folder.bytesOf(await wantedFiles(folder, 'base', signal))
      : card.bytes;
  return { ...card, bytes, tokens };
}

const ADAPTER_CONFIG = 'adapter_config.json';
const ADAPTER_WEIGHTS = 'adapter_model.safetensors';

/** @throws CheckpointError, ModelError. */
export async function inspectAdapter(
  source: FolderSource,
  sources: Sources,
  signal: AbortSignal,
): Promise<FolderCard> {
  return (await adapterCard(source, sources, signal)).card;
}

async function adapterCard(
  source: FolderSource,
  sources: Sources,
  signal: AbortSignal,
): Promise<{ card: AdapterCard; folder: Folder; text: string }> {
  const { card, folder, text } = await inspect(source, 'adapter', ADAPTER_CONFIG, sources, signal);
  const config = parseAdapterConfig(text, `${folder.name}/${ADAPTER_CONFIG}`);
  const { baseModel, r, modulesToSave } = config;
  const matrices = declaredMatrices(config);
  return {
    card: { ...card, madeFor: baseModel, rank: r, replaces: modulesToSave, matrices },
    folder,
    text,
  };
}

/**
 * As `inspectAdapter`, and checks names and shapes of its tensors against the base, since an adapter that does
 * not fit must show before the weights are downloaded.
 * @throws CheckpointError, ModelError.
 */
export async function lookUpAdapter(
  source: FolderSource,
  base: AdapterBase,
  sources: Sources,
  signal: AbortSignal,
): Promise<AdapterCard> {
  const { card, folder, text } = await adapterCard(source, sources, signal);
  const header = await folder.header(ADAPTER_WEIGHTS, signal);
  if (header) {
    const names = { config: `${folder.name}/${ADAPTER_CONFIG}`, weights: header.name };
    requireAdapterRows(
      base.tokens,
      checkAdapterHeader(text, header, base.config, names),
      names.weights,
    );
  }
  return card;
}

async function inspect(
  source: FolderSource,
  role: FolderRole,
  configName: string,
  sources: Sources,
  signal: AbortSignal,
): Promise<{ card: FolderCard; folder: Folder; wanted: readonly FolderEntry[]; text: string }> {
  const folder = await openFolder(source, sources);
  const wanted = await wantedFiles(folder, role, signal);
  const text = await folder.peek(configName, signal);
  if (text === null) {
    throw new ModelError('network', `${folder.name}/${configName} isn't there. Check the address.`);
  }
  const remote = folder instanceof StoredFolder ? folder : null;
  const manifest = await remote?.manifest(signal, () => {});
  const card: FolderCard = {
    name: folder.name,
    page: manifest?.page ?? null,
    licence: manifest?.licence ?? null,
    commit: manifest?.commit ?? null,
    bytes: remote
      ? remote.bytesOf(wanted)
      : wanted.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    storedBytes: remote ? await remote.storedBytes(wanted) : 0,
  };
  return { card, folder, wanted, text };
}

/** The stored folders, complete or not, by name. */
export async function storedReport(store: FileStore): Promise<StoredReport> {
  const entries = [];
  for (const key of await store.folders()) {
    const manifest = await readManifest(store, key);
    const wanted = manifest?.files.filter((file) => file.wanted) ?? [];
    let storedBytes = 0;
    const paths = [...wanted.map(({ path }) => path), ...CACHED_PRECISIONS.map(convertedFile)];
    for (const path of paths) storedBytes += (await store.open(key, path, path))?.bytes ?? 0;
    entries.push({
      key,
      name: manifest?.name ?? key,
      page: manifest?.page ?? '',
      commit: manifest?.commit ?? null,
      storedBytes,
      complete: wanted.length > 0 && wanted.every(({ done }) => done),
    });
  }
  return {
    entries: entries.sort((a, b) => (a.name < b.name ? -1 : 1)),
    kept: store.kept,
  };
}
