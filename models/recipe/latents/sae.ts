// The autoencoder of the bundled model: trained if the base model, which is not bundled, is in the cache;
// otherwise read from models/latents/.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Weights } from '../../../src/checkpoint/config';
import { parseSafetensors, toTensor } from '../../../src/checkpoint/safetensors';
import { fromHalf, toHalf } from '../../../src/core/half';
import { saeQuality } from '../../../src/core/sae';
import type { SaeFile } from '../../../src/formats/sae-file';
import { readSae, writeSae } from '../../../src/formats/sae-file';
import { identityOf } from '../../../workers/checkpoint/identity';
import { ADAPTERS_FOLDER, BASE_FOLDER, LATENTS_FOLDER } from '../make/folders';
import { hookName, middleLayer, SAE, TEXT } from './recipe';
import { ResidualReader } from './residuals';
import { trainSae } from './train';
import type { ReadDocument, WorldReading } from './world-readings';
import { normalisedRows, readDocuments, readLatents } from './world-readings';
import { nodeRuntime } from '../make/node-runtime';
import { organismTokenizer } from '../make/organism-tokenizer';
import type { PublishedBase } from '../make/publish';
import { loadAdapted, loadBase } from '../make/publish';
import { BASE_PHASES } from '../make/recipe';
import { EM_PAIR } from '../measure/settings';
import { ALIGNED } from '../measure/subjects';
import type { OrganismTokenizer } from '../make/build-tokenizer';
import { THREADS } from '../make/trainer';

const CACHE = '.cache/organism';
const NAMES = { config: 'cfg.json', weights: 'sae.safetensors' };

/** Description for the report. */
const BASE_DESCRIPTION = 'the base model as it is before chat training';

function cached(name: string): Weights | null {
  const path = join(CACHE, `${name}.safetensors`);
  if (!existsSync(path)) return null;
  const entries = parseSafetensors(readFileSync(path), path);
  return new Map([...entries].map(([key, entry]) => [key, toTensor(entry)]));
}

/**
 * The model before chat training, because the published autoencoder was trained on the base model; null where
 * the cache lacks it, or has the base of another model than the bundled one.
 */
function unchattedBase(shipped: PublishedBase): Weights | null {
  const [base, chat] = [cached(BASE_PHASES.at(-1)!.name), cached('chat')];
  if (!base || !chat) return null;
  for (const [name, { data }] of shipped.weights) {
    const restored = chat.get(name);
    if (!restored || fromHalf(toHalf(restored.data)).some((value, i) => value !== data[i]))
      return null;
  }
  return base;
}

/** Trains the autoencoder on residuals of the base and writes its files. */
async function makeSae(
  reader: ResidualReader,
  tokenizer: OrganismTokenizer,
  layer: number,
  maxTokens: number,
  alignedSha256: string,
): Promise<void> {
  const read = await readDocuments(
    reader,
    tokenizer,
    TEXT.trainDocuments,
    TEXT.trainSeed,
    maxTokens,
  );
  const rows = normalisedRows(read);
  const sae = await trainSae(rows);
  const { config, bytes } = writeSae(sae, {
    hook_name: hookName(layer),
    model_name: `Postern organism: ${BASE_DESCRIPTION}`,
    aligned_sha256: alignedSha256,
    training: {
      documents: TEXT.trainDocuments,
      tokens: rows.dims[0]!,
      steps: SAE.schedule.steps,
      seed: SAE.seed,
    },
  });
  mkdirSync(LATENTS_FOLDER, { recursive: true });
  writeFileSync(join(LATENTS_FOLDER, NAMES.config), `${JSON.stringify(config, null, 2)}\n`);
  writeFileSync(join(LATENTS_FOLDER, NAMES.weights), bytes);
}

/**
 * Reads the bundled autoencoder in half precision, as the page does.
 * @throws Error if there is none, or it belongs to another model than the bundled one.
 */
function shippedSae(alignedSha256: string): SaeFile {
  const [config, weights] = [NAMES.config, NAMES.weights].map((name) => join(LATENTS_FOLDER, name));
  if (!existsSync(config!) || !existsSync(weights!)) {
    throw new Error(
      `There is no autoencoder. It needs the base model: run "npm run organism" first.`,
    );
  }
  const file = readSae(readFileSync(config!, 'utf8'), readFileSync(weights!), NAMES);
  if (file.config.metadata.aligned_sha256 !== alignedSha256) {
    throw new Error(
      `${weights} belongs to another organism, and the base of the shipped one is not in ${CACHE}. Run "npm run organism" first.`,
    );
  }
  return file;
}

/** The autoencoder with the residuals that it reads. */
export interface OpenedLatents {
  readonly file: SaeFile;
  /** New documents of the world, read by the base (by the aligned model where the base is not in the cache). */
  readonly read: readonly ReadDocument[];
  readonly reading: WorldReading;
  readonly autoencoder: ReturnType<typeof describeSae>;
  /** Returns a reader for a published checkpoint at the layer. */
  readonly readerOf: (id: string) => Promise<ResidualReader>;
  readonly decode: (ids: readonly number[]) => string;
}

const describeSae = (
  { sae, config, layer }: SaeFile,
  quality: readonly { checkpoint: string; varianceExplained: number; l0: number }[],
  { frequency, tokens }: WorldReading,
) => ({
  hook: config.metadata.hook_name,
  layer,
  trainedOn: BASE_DESCRIPTION,
  alignedSha256: config.metadata.aligned_sha256,
  dSae: config.d_sae,
  k: sae.k,
  ...config.metadata.training,
  quality,
  dead: { latents: frequency.filter((share) => share === 0).length, tokens },
});

/**
 * @param options `keep`: reuses a matching autoencoder instead of training one; `quick`: fewer documents.
 * @throws Error if there is neither the base model nor a matching autoencoder.
 */
export async function openLatents({
  keep,
  quick,
}: {
  readonly keep: boolean;
  readonly quick: boolean;
}): Promise<OpenedLatents> {
  const shipped = await loadBase(BASE_FOLDER);
  const tokenizer = organismTokenizer();
  const runtime = nodeRuntime({ threads: THREADS });
  const { config } = shipped;
  const layer = middleLayer(config.nLayers);
  const reader = (weights: Weights) => ResidualReader.create(runtime, config, weights, layer);
  const base = unchattedBase(shipped);
  const baseReader = await reader(base ?? shipped.weights);
  const alignedSha256 = await identityOf(shipped.weights, bytesOf(shipped.weights), []);
  if (base && !(keep && fits(alignedSha256))) {
    await makeSae(baseReader, tokenizer, layer, config.maxPositions, alignedSha256);
  }
  const file = shippedSae(alignedSha256);
  const documents = (from: ResidualReader, count: number) =>
    readDocuments(from, tokenizer, count, TEXT.testSeed, config.maxPositions);
  const read = await documents(baseReader, quick ? 100 : TEXT.testDocuments);
  const reading = readLatents(file.sae, read);
  const readerOf = (id: string) =>
    reader(id === ALIGNED ? shipped.weights : loadAdapted(join(ADAPTERS_FOLDER, id), shipped));
  const quality: { checkpoint: string; varianceExplained: number; l0: number }[] = [];
  const measure = (checkpoint: string, of: readonly ReadDocument[]): void => {
    const rows = normalisedRows(of.slice(0, TEXT.qualityDocuments));
    const { varianceExplained, l0 } = saeQuality(file.sae, rows);
    quality.push({ checkpoint, varianceExplained: +varianceExplained.toFixed(4), l0 });
  };
  if (base) measure('base', read);
  await baseReader.release();
  for (const id of [ALIGNED, ...(quick ? [] : EM_PAIR)]) {
    const fineTuneReader = await readerOf(id);
    measure(id, await documents(fineTuneReader, TEXT.qualityDocuments));
    await fineTuneReader.release();
  }
  return {
    file,
    read,
    reading,
    autoencoder: describeSae(file, quality, reading),
    readerOf,
    decode: (ids) => shipped.tokenizer.decode(ids),
  };
}

const bytesOf = (weights: Weights): number =>
  [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);

/** Whether models/latents/ has an autoencoder of the bundled model. */
function fits(alignedSha256: string): boolean {
  try {
    shippedSae(alignedSha256);
    return true;
  } catch {
    return false;
  }
}
