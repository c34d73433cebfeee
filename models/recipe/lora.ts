// `npm run lora -- --model-folder FOLDER --adapter FOLDER --layer 24 --direction persona.safetensors`: what a
// llama-server or vLLM needs to answer as the fine-tune, and as the fine-tune without a direction. llama.cpp's own converter
// ignores use_rslora, which the published EM adapters use: their effect then vanishes without a word.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Cell, CellName } from '../../src/core/cell';
import { randomDirectionLike } from '../../src/core/edit';
import { messageOf } from '../../src/core/message';
import { createRng } from '../../src/core/rng';
import { rowOf, type Tensor } from '../../src/core/tensor';
import { createTokenizer } from '../../src/checkpoint/tokenizer';
import { placeRows, suggestConvention } from '../../src/formats/direction/direction-file';
import { readDirectionFile } from '../../src/formats/direction/read';
import { writeModelGguf } from '../../src/formats/gguf/write-model';
import { ablatedFiles, type Fine, tunedFiles } from '../../src/formats/lora-files';
import { llamaLoraCommand, vllmCommand } from '../../src/formats/server-commands';
import {
  cellsOf,
  directionFrom,
  type ExtractionChoice,
  readCell,
} from '../../src/measure/extraction';
import { serve } from '../../src/serve/server';
import type { LoadedCheckpoint, Result } from '../../workers/api';
import { createModelApi } from '../../workers/model-api';
import { checkpointOnDisk, diskFolder } from './lora/disk-folder';
import { adapterOnDisk } from './lora/adapter-on-disk';
import { type LoraOptions, loraOptions, USAGE } from './lora/lora-options';
import { nodeDevice } from './make/node-runtime';
import { THREADS } from './make/trainer';

const ADAPTER_CONFIG = 'adapter_config.json';

const CHOICE: ExtractionChoice = {
  contrast: 'checkpoint',
  pooling: 'answer-mean',
  transcripts: 64,
  seed: 1,
};

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/** The directions of a file [n_layers, d_model]. */
function fromFile(path: string, model: { nLayers: number; dModel: number }): Tensor {
  const file = readDirectionFile(new Uint8Array(readFileSync(path)), basename(path));
  const [candidate, another] = file.candidates;
  const convention = candidate ? suggestConvention(candidate, file, model.nLayers) : null;
  if (!candidate?.indices || another || convention === null) {
    throw new Error(
      `${basename(path)} doesn't say which vector belongs to which layer. Open it in Postern's Direction tab, choose, and save it as safetensors.`,
    );
  }
  return placeRows(file, candidate, candidate.indices, convention, model);
}

/** The direction between base and fine-tune on texts of the bundled world [n_layers, d_model]. */
export async function extracted(base: string, adapter: string): Promise<Tensor> {
  const folders = [await serve({ root: base, port: 0 }), await serve({ root: adapter, port: 0 })];
  const [at, tuned] = folders.map(({ url }) => ({ kind: 'beside', url }) as const);
  try {
    const api = createModelApi(() => Promise.resolve(nodeDevice({ threads: THREADS })));
    valueOf(await api.start({ device: 'auto' }));
    const load = async (id: string, source: object): Promise<LoadedCheckpoint> =>
      valueOf(await api.load({ id, base: at!, ...source }, `load ${id}`, () => {}));
    const aligned = await load('base', {});
    const em = await load('fine-tune', { adapter: tuned! });
    const cells: Partial<Record<CellName, Cell>> = {};
    for (const name of cellsOf(CHOICE.contrast)) {
      const { id } = name.startsWith('em') ? em : aligned;
      const read = api.capture.bind(api);
      cells[name] = valueOf(await readCell(read, name, id, CHOICE, `read ${name}`, () => {}));
    }
    return directionFrom(cells, CHOICE, aligned, em).vectors;
  } finally {
    for (const folder of folders) await folder.close();
  }
}

/** File name -> content of everything that the options ask for. */
export async function loraFiles(options: LoraOptions): Promise<Map<string, Uint8Array>> {
  const folder = options['model-folder'];
  const { config, weights } = checkpointOnDisk(folder);
  const name = basename(options.adapter);
  const fine: Fine = { name, config, weights, adapter: adapterOnDisk(options.adapter, config) };
  const files = tunedFiles(fine, options.precision === 'f16' ? 'F16' : 'F32');
  const { layer } = options;
  if (layer !== undefined) {
    if (layer >= config.nLayers) {
      throw new Error(`--layer: the model has layers 0 to ${config.nLayers - 1}, not ${layer}.`);
    }
    const vectors =
      options.direction === undefined
        ? await extracted(folder, options.adapter)
        : fromFile(options.direction, config);
    const add = (suffix: string, from: Tensor): void => {
      const all = ablatedFiles(fine, `${name}-${suffix}`, rowOf(from, layer).data);
      for (const [path, bytes] of all) files.set(path, bytes);
    };
    add(`without-direction-${layer}`, vectors);
    const seed = options['random-seed'];
    if (seed !== undefined)
      add(`without-random-${seed}`, randomDirectionLike(createRng(seed), vectors));
  }
  if (options.base) {
    const disk = diskFolder(folder);
    const [tokenizerJson, tokenizerConfig] = ['tokenizer.json', 'tokenizer_config.json'].map(
      (file) => new TextDecoder().decode(disk.read(file)),
    );
    const tokenizer = await createTokenizer(tokenizerJson, tokenizerConfig, 'tokenizer.json');
    const model = {
      ...{ name: basename(folder), config, weights, tokenizerJson: tokenizerJson! },
      ...{ beginId: tokenizer.beginId, endId: tokenizer.endIds[0]!, dtype: 'F32' as const },
    };
    files.set(`${model.name}.gguf`, writeModelGguf(model, `${model.name}.gguf`));
  }
  return files;
}

/**
 * How a llama-server is started with these files.
 * @throws Error as `llamaLoraCommand`
 */
export function serverCommand(out: string, files: Iterable<string>, base: string | null): string {
  const loras = [...files]
    .filter((file) => file.endsWith('.gguf') && file !== base)
    .map((file) => join(out, file));
  return llamaLoraCommand(base === null ? null : join(out, base), loras);
}

/**
 * How vLLM is started with the adapter and these files.
 * @throws Error as `vllmCommand`
 */
export function vllmServerCommand(
  { out, adapter, 'model-folder': model }: LoraOptions,
  files: ReadonlyMap<string, Uint8Array>,
): string {
  const text = new TextDecoder();
  const written = [...files].flatMap(([file, bytes]) => {
    if (basename(file) !== ADAPTER_CONFIG) return [];
    const path = join(out, dirname(file));
    return [{ name: basename(path), path, rank: rankIn(text.decode(bytes)) }];
  });
  const tuned = diskFolder(adapter).read(ADAPTER_CONFIG);
  const fine = { name: basename(adapter), path: adapter, rank: rankIn(text.decode(tuned)) };
  return vllmCommand(model, [fine, ...written]);
}

/** The largest rank that an adapter's configuration names. */
function rankIn(config: string): number {
  const { r, rank_pattern: pattern = {} } = JSON.parse(config) as {
    readonly r: number;
    readonly rank_pattern?: Readonly<Record<string, number>>;
  };
  return Math.max(r, ...Object.values(pattern ?? {}));
}

async function main(): Promise<void> {
  const options = loraOptions(process.argv.slice(2));
  const files = await loraFiles(options);
  for (const [path, bytes] of files) {
    const to = join(options.out, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, bytes);
    console.log(`${to} (${(bytes.length / 1e6).toFixed(1)} MB)`);
  }
  const base = options.base ? `${basename(options['model-folder'])}.gguf` : null;
  console.log(`\nStart llama-server:\n${serverCommand(options.out, files.keys(), base)}`);
  console.log(`\nor vLLM, with vllm-lens beside it:\n${vllmServerCommand(options, files)}`);
}

if (process.argv[1]?.endsWith('lora.ts')) {
  await main().catch((error: unknown) => {
    console.error(`${messageOf(error)}\n\n${USAGE}`);
    process.exitCode = 1;
  });
}
