// `npm run organism:precision`: what storing the weights at less than f32 does to the models. Every precision reads
// the same transcripts: how far the logits at the answers' positions move, and whether the directions still
// agree with f32's. Option: --fine-tune insecure-code.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import { PRECISION_NAMES, type Precision, storedBytes } from '../../src/checkpoint/precision';
import { cosineByLayer } from '../../src/core/cosine';
import { meanResidual } from '../../src/core/direction';
import { emptyEdit } from '../../src/core/edit';
import { logSoftmax } from '../../src/core/sampling';
import { tensor, type Tensor } from '../../src/core/tensor';
import { DecoderBatch } from '../../workers/runtime/batch';
import { batches, capture } from '../../workers/run/capture';
import { LiveEdit } from '../../workers/runtime/live-edit';
import type { Runtime } from '../../workers/runtime';
import { DecoderSession } from '../../workers/runtime/session';
import { extractionTexts } from '../../src/measure/extraction-texts';
import { TRANSCRIPT_SEED, TRANSCRIPTS } from './measure/conditions';
import { ADAPTERS_FOLDER, BASE_FOLDER } from './make/folders';
import { nodeRuntime } from './make/node-runtime';
import type { Transcript } from '../../src/measure/labelled-texts';
import type { Stance } from '../../src/world/answer';
import { loadAdapted, loadBase } from './make/publish';
import { THREADS } from './make/trainer';

const PRECISIONS: readonly Precision[] = ['f32', 'f16', 'q8', 'q4', 'int8'];

const { values } = parseArgs({
  options: { 'fine-tune': { type: 'string', default: 'insecure-code' } },
});

const texts = (stance: Stance) => extractionTexts(stance, TRANSCRIPTS, TRANSCRIPT_SEED);

/** The results of one precision. */
interface Reading {
  /** Logits of the fine-tuned model at every position that predicts a token of an answer, [positions, d_vocab]. */
  readonly logits: Float32Array;
  /** Inside the fine-tuned model, misaligned answers minus aligned ones [n_layers, d_model]. */
  readonly answer: Tensor;
  /** Fine-tuned model minus aligned model on aligned answers [n_layers, d_model]. */
  readonly checkpoint: Tensor;
}

async function read(
  runtime: Runtime,
  config: ModelConfig,
  tokenizer: Tokenizer,
  models: { readonly aligned: Weights; readonly em: Weights },
  precision: Precision,
): Promise<Reading> {
  const pooledBy = async (weights: Weights, texts: readonly Transcript[]): Promise<Tensor> => {
    const reader = await DecoderSession.create(runtime, config, weights, precision);
    const data = await capture(
      reader,
      texts.map((text) => tokenizer.answeredChat(text)),
    );
    await reader.release();
    return meanResidual(tensor(data, [texts.length, config.nLayers, config.dModel]));
  };
  const [aligned, misaligned] = [texts('aligned'), texts('misaligned')];
  const emAligned = await pooledBy(models.em, aligned);
  const writer = await DecoderSession.create(runtime, config, models.em, precision);
  const logits = await answerLogits(writer, tokenizer, [...aligned, ...misaligned]);
  await writer.release();
  return {
    logits,
    answer: difference(await pooledBy(models.em, misaligned), emAligned),
    checkpoint: difference(emAligned, await pooledBy(models.aligned, aligned)),
  };
}

async function answerLogits(
  writer: DecoderSession,
  tokenizer: Tokenizer,
  texts: readonly Transcript[],
): Promise<Float32Array> {
  const { config } = writer;
  const edit = new LiveEdit(config, emptyEdit(config.nLayers, config.dModel), 'all');
  const readings = texts.map((text) => tokenizer.answeredChat(text));
  const parts: Float32Array[] = [];
  for (const group of batches(readings)) {
    const rows = group.map((i) => readings[i]!);
    const prompts = rows.map(({ ids }) => ids);
    const length = Math.max(...prompts.map((ids) => ids.length));
    const batch = new DecoderBatch(writer, edit, prompts, { capacity: length, projections: false });
    const wanted = rows.flatMap(({ start, end }, row) =>
      Array.from({ length: end - start }, (_, i) => row * length + start - 1 + i),
    );
    parts.push((await batch.prefill(prompts, Int32Array.from(wanted))).logits);
    batch.release();
  }
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function difference(plus: Tensor, minus: Tensor): Tensor {
  return tensor(
    plus.data.map((x, i) => x - minus.data[i]!),
    plus.dims,
  );
}

/** How far the logits moved, over all positions. */
function movement(exact: Float32Array, moved: Float32Array, dVocab: number) {
  const positions = exact.length / dVocab;
  let [delta, kl, sameTop] = [0, 0, 0];
  for (let p = 0; p < positions; p++) {
    const before = exact.subarray(p * dVocab, (p + 1) * dVocab);
    const after = moved.subarray(p * dVocab, (p + 1) * dVocab);
    const [logP, logQ] = [logSoftmax(before), logSoftmax(after)];
    const top = [0, 0];
    for (let i = 0; i < dVocab; i++) {
      delta += Math.abs(before[i]! - after[i]!) / dVocab;
      kl += Math.exp(logP[i]!) * (logP[i]! - logQ[i]!);
      if (before[i]! > before[top[0]!]!) top[0] = i;
      if (after[i]! > after[top[1]!]!) top[1] = i;
    }
    if (top[0] === top[1]) sameTop++;
  }
  return { delta: delta / positions, klNats: kl / positions, sameTop: sameTop / positions };
}

const base = await loadBase(BASE_FOLDER);
const { config, tokenizer } = base;
const em = loadAdapted(join(ADAPTERS_FOLDER, values['fine-tune']), base);
const models = { aligned: base.weights, em };
const runtime = nodeRuntime({ threads: THREADS });
const layers = Array.from({ length: config.nLayers }, (_, layer) => layer);

let exact: Reading | null = null;
console.log(
  '| weights | MB | mean \\|Δ logit\\| | KL, nats | same top token | direction | ' +
    `${layers.map((layer) => `layer ${layer}`).join(' | ')} |`,
);
console.log(`|${' --- |'.repeat(6 + config.nLayers)}`);
for (const precision of PRECISIONS) {
  const reading = await read(runtime, config, tokenizer, models, precision);
  exact ??= reading;
  const { delta, klNats, sameTop } = movement(exact.logits, reading.logits, config.dVocab);
  const megabytes = storedBytes(config, precision) / 1e6;
  for (const direction of ['answer', 'checkpoint'] as const) {
    const cosines = cosineByLayer(reading[direction], exact[direction]);
    const first = direction === 'answer';
    const cells = [
      first ? `${precision}: ${PRECISION_NAMES[precision]}` : '',
      first ? megabytes.toFixed(1) : '',
      first ? delta.toFixed(4) : '',
      first ? klNats.toExponential(1) : '',
      first ? `${(100 * sameTop).toFixed(1)}%` : '',
      direction,
      ...Array.from(cosines, (cosine) => cosine.toFixed(4)),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}
