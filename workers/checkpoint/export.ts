// Writes a loaded checkpoint as a folder for other programs: Hugging Face safetensors, the ONNX layout of
// transformers.js, or LoRAs for llama-server and vLLM. The weights go one at a time into a zip made of blobs, so that memory holds one more
// weight than before. Refuses folders too large for a zip without 64-bit sizes.

import { strToU8, Zip, ZipPassThrough } from 'fflate';
import { expectedTensors, type ModelConfig, type Weights } from '../../src/checkpoint/config';
import { kernelHeadWidth } from '../../src/checkpoint/head-width';
import { exportedConfig } from '../../src/checkpoint/exported-config';
import { encodeTensor, safetensorsLayout } from '../../src/checkpoint/write-safetensors';
import { withoutDirection } from '../../src/checkpoint/without-direction';
import { exportPlain } from '../../src/onnx/export-plain';
import type { Exported, ExportRequest, Progress } from '../api';
import { type LoraParts, loraFolder } from './export-lora';
import { ModelError, throwIfCancelled, type Runtime, type Signal } from '../runtime';

/** A file of the folder, made part by part. */
interface FolderFile {
  readonly path: string;
  readonly bytes: number;
  readonly parts: readonly (() => Uint8Array)[];
}

/** The checkpoint to export, and the small files that it was published with. */
export interface Exportable {
  readonly id: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
  /** null if the published folder has no such file. */
  readonly published: (name: string) => Promise<Uint8Array | null>;
  /** What it is on its base: for LoRAs; null: no adapter, or its base is not loaded. */
  readonly lora: LoraParts | null;
}

/** Copied unchanged if they exist. */
const COPIED = [
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'chat_template.json',
  'special_tokens_map.json',
  'added_tokens.json',
] as const;

/** Size limit of a zip without 64-bit sizes, less a reserve for names and headers. */
const MOST_BYTES = 2 ** 32 - 2 ** 22;
const SLICE_BYTES = 16 * 2 ** 20;
/** Fixed time of every entry, so that the same checkpoint gives the same bytes. */
const MTIME = new Date(2000, 0, 1);

/**
 * @throws ModelError `bad-input` for a checkpoint that is too large; CheckpointError if the edit or the
 *   precision is not possible; `cancelled`.
 */
export async function exportFolder(
  runtime: Pick<Runtime, 'breathe' | 'now'>,
  model: Exportable,
  request: Omit<ExportRequest, 'runId' | 'checkpoint'>,
  onProgress: (progress: Progress) => void,
  signal: Signal,
): Promise<Exported> {
  const begun = runtime.now();
  const files = await folderFiles(model, request);
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  if (total > MOST_BYTES) {
    throw new ModelError(
      'bad-input',
      `The folder would have ${(total / 2 ** 30).toFixed(1)} GiB, and the zip it is saved as holds at ` +
        'most 4. Save it as f16, or as safetensors, which is smaller where the head is tied.',
    );
  }
  const parts: Blob[] = [];
  let failure: Error | null = null;
  const zip = new Zip((error, chunk) => {
    failure ??= error;
    parts.push(new Blob([chunk]));
  });
  let done = 0;
  for (const { path, parts: makers } of files) {
    const entry = new ZipPassThrough(`${request.folder}/${path}`);
    entry.mtime = MTIME;
    zip.add(entry);
    for (const make of makers) {
      const bytes = make();
      for (let at = 0; at < bytes.byteLength; at += SLICE_BYTES) {
        const slice = bytes.subarray(at, at + SLICE_BYTES);
        entry.push(slice);
        done += slice.byteLength;
        onProgress({ done, total });
        await runtime.breathe();
        throwIfCancelled(signal);
      }
    }
    entry.push(new Uint8Array(0), true);
  }
  zip.end();
  if (failure) throw failure as Error;
  const blob = new Blob(parts, { type: 'application/zip' });
  return { zip: blob, folderBytes: total, elapsedMs: runtime.now() - begun };
}

async function folderFiles(
  model: Exportable,
  request: Omit<ExportRequest, 'runId' | 'checkpoint'>,
): Promise<FolderFile[]> {
  const { format, precision, without, files } = request;
  if (format === 'lora') {
    const loras = loraFolder(model, request);
    return [...files, ...loras].map(({ path, bytes }) => whole(path, bytes));
  }
  const { config, weights } =
    without === null ? model : withoutDirection(model.config, model.weights, without);
  const weightFiles: FolderFile[] = [];
  let onnxFiles: number | null = null;
  if (format === 'safetensors') {
    const file = 'model.safetensors';
    const dtype = precision === 'f16' ? 'F16' : 'F32';
    const shapes = [...expectedTensors(config)].map(
      ([name, dims]) => ({ name, dims, dtype }) as const,
    );
    const { header, order, bytes } = safetensorsLayout(shapes);
    const data = order.map(({ name, dtype }) => () => {
      const { data, dims } = weights.get(name)!;
      return encodeTensor(name, { data, dims, dtype }, file);
    });
    weightFiles.push({ path: file, bytes, parts: [() => header, ...data] });
  } else {
    const name = precision === 'f16' ? 'model_fp16.onnx' : 'model.onnx';
    const plain = exportPlain(config, weights, { dtype: precision, name });
    onnxFiles = plain.files.length;
    weightFiles.push(whole(`onnx/${name}`, plain.model));
    for (const { name, bytes, parts } of plain.files) {
      const makers = parts.flatMap((part) => [
        () => new Uint8Array(part.padding),
        () => part.make(),
      ]);
      weightFiles.push({ path: `onnx/${name}`, bytes, parts: makers });
    }
  }
  const published = await model.published('config.json');
  if (!published) {
    throw new ModelError(
      'network',
      `config.json of ${model.id} cannot be read any more. Load the checkpoint again, then save it.`,
    );
  }
  const { tieWordEmbeddings, dVocab, maxPositions, dHead } = config;
  const text = exportedConfig(new TextDecoder().decode(published), 'config.json', {
    precision,
    tieWordEmbeddings,
    dVocab,
    onnx:
      onnxFiles === null
        ? null
        : { files: onnxFiles, maxPositions, headWidth: kernelHeadWidth(dHead) },
  });
  const small = [whole('config.json', strToU8(text))];
  for (const name of COPIED) {
    const bytes = await model.published(name);
    if (bytes) small.push(whole(name, bytes));
  }
  return [...files.map(({ path, bytes }) => whole(path, bytes)), ...small, ...weightFiles];
}

function whole(path: string, bytes: Uint8Array): FolderFile {
  return { path, bytes: bytes.byteLength, parts: [() => bytes] };
}
