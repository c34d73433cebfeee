// Storage precisions of a checkpoint's weights on the device, their memory needs, and the default choice: the
// most faithful one that fits. 8 bits come before 4, because rounding to 4 bits changes a small model's
// answers (README, "Precision", has the measured figures).

import type { Precision } from '../core/precision';
import { expectedTensors, type ModelConfig } from './config';
import { kernelHeadWidth } from './head-width';

export type { Precision };

/** In words for people. */
export const PRECISION_NAMES: Readonly<Record<Precision, string>> = {
  f32: '32-bit floating point',
  f16: '16-bit floating point',
  q8: '8 bits in blocks of 32',
  q4: '4 bits in blocks of 32',
  int8: '8-bit whole numbers',
};

/** Bytes of a matrix [rows, inner]. */
const MATRIX_BYTES: Readonly<Record<Precision, (rows: number, inner: number) => number>> = {
  f32: (rows, inner) => 4 * rows * inner,
  f16: (rows, inner) => 2 * rows * inner,
  q8: (rows, inner) => rows * Math.ceil(inner / 32) * (32 + 4),
  q4: (rows, inner) => rows * Math.ceil(inner / 32) * (16 + 4),
  int8: (rows, inner) => rows * (inner + 4),
};

/**
 * Bytes of the weights as they are kept, rotary tables and the zeros of widened heads included; the gaps between
 * tensors are not counted.
 */
export function storedBytes(config: ModelConfig, precision: Precision): number {
  const { maxPositions, window } = config;
  const dHead = kernelHeadWidth(config.dHead);
  const tables = (window ? 2 : 1) * 2 * maxPositions * (dHead / 2) * 4;
  return [...expectedTensors({ ...config, dHead }).values()].reduce(
    (sum, [rows = 0, inner]) =>
      sum + (inner === undefined ? 4 * rows : MATRIX_BYTES[precision](rows, inner)),
    tables,
  );
}

/** The device that holds the weights. */
export type PrecisionDevice = {
  /** For weights, as far as is known. */
  readonly availableBytes: number;
  /** Nothing says how much more there is than `availableBytes`. */
  readonly mayBeMore: boolean;
} & (
  | {
      readonly device: 'webgpu';
      readonly shaderF16: boolean;
      /** Largest buffer that the adapter allows. */
      readonly maxBufferBytes: number;
    }
  | { readonly device: 'wasm' }
);

/** Memory besides the weights: caches, activations, and the runtime's own. */
const RESERVE = 0.25;
/** Where the heap of WebAssembly ends. */
const WASM_HEAP_BYTES = 4 * 2 ** 30;
/**
 * Share of that heap by stored weights (`npm run bench:full-size`): an embedding that also is the head is
 * there twice, once in the order that the product needs.
 */
const WASM_FACTOR = { f32: 1.3, int8: 1.2 } as const;

interface PrecisionOption {
  readonly precision: Precision;
  /** Memory of all checkpoints on the device, copies by the runtime included. */
  readonly neededBytes: number;
  /** Why the precision cannot be used; null: it can. */
  readonly refusal: string | null;
  /** Why it may fail all the same; null: nothing is known against it. */
  readonly caution: string | null;
}

export type PrecisionChoice = {
  /** One sentence or more for people. */
  readonly reason: string;
  /** All that the device knows, most faithful first. */
  readonly options: readonly PrecisionOption[];
} & (
  | { readonly ok: true; readonly precision: Precision; readonly neededBytes: number }
  | { readonly ok: false }
);

/**
 * The precision that checkpoints are kept in, all in the same one: with `auto` the most faithful that fits
 * the device, else the one that was asked for where the device knows it.
 * @param configs of every checkpoint that is there at once.
 */
export function choosePrecision(
  configs: readonly ModelConfig[],
  on: PrecisionDevice,
  wanted: 'auto' | Precision = 'auto',
): PrecisionChoice {
  const candidates: readonly Precision[] =
    on.device === 'webgpu' ? ['f32', 'f16', 'q8', 'q4'] : ['f32', 'int8'];
  const options = candidates.map((precision) => optionOf(configs, on, precision));
  if (wanted !== 'auto') {
    const asked = options.find(({ precision }) => precision === wanted);
    if (asked && asked.refusal !== null) return { ok: false, reason: asked.refusal, options };
    if (asked) return taken(asked, `${PRECISION_NAMES[wanted]}, as chosen`, [], on, options);
  }
  const elsewhere =
    wanted === 'auto' ? [] : [`${PRECISION_NAMES[wanted]} does not run on ${on.device}.`];
  const possible = options.filter(({ refusal }) => refusal === null);
  const chosen = possible.find(({ caution }) => caution === null) ?? possible.at(-1);
  if (!chosen) {
    const least = options.reduce((a, b) => (b.neededBytes < a.neededBytes ? b : a));
    return { ok: false, reason: `No precision fits: ${least.refusal}`, options };
  }
  const passed = options
    .slice(0, options.indexOf(chosen))
    .flatMap(({ refusal, caution }) => refusal ?? caution ?? []);
  const name = PRECISION_NAMES[chosen.precision];
  return taken(chosen, name, [...elsewhere, ...passed], on, options);
}

function taken(
  { precision, neededBytes, caution }: PrecisionOption,
  name: string,
  why: readonly string[],
  on: PrecisionDevice,
  options: readonly PrecisionOption[],
): PrecisionChoice {
  const first =
    caution ??
    `${name}: it takes ${gigabytes(neededBytes)} of the ${gigabytes(limitOf(on))} there are.`;
  return { ok: true, precision, neededBytes, reason: [first, ...why].join(' '), options };
}

function optionOf(
  configs: readonly ModelConfig[],
  on: PrecisionDevice,
  precision: Precision,
): PrecisionOption {
  const stored = configs.reduce((sum, config) => sum + storedBytes(config, precision), 0);
  const wasm = precision === 'int8' || precision === 'f32' ? WASM_FACTOR[precision] : 1;
  const neededBytes = Math.ceil(stored * (on.device === 'wasm' ? wasm : 1 + RESERVE));
  const name = PRECISION_NAMES[precision];
  const option = { precision, neededBytes, refusal: null, caution: null };
  const refuse = (refusal: string): PrecisionOption => ({ ...option, refusal });
  if (on.device === 'webgpu') {
    if (precision === 'f16' && !on.shaderF16) {
      return refuse(`${name} needs shader-f16, which this adapter does not have.`);
    }
    const largest = Math.max(
      ...configs.map(({ dVocab, dModel }) => MATRIX_BYTES[precision](dVocab, dModel)),
    );
    if (largest > on.maxBufferBytes) {
      return refuse(
        `${name} has a table of ${gigabytes(largest)}, and this adapter's buffers end at ` +
          `${gigabytes(on.maxBufferBytes)}.`,
      );
    }
  }
  const limit = limitOf(on);
  if (neededBytes <= limit) return option;
  const against = `${name} takes ${gigabytes(neededBytes)}, and there are ${gigabytes(limit)}`;
  const inHeap = on.device === 'webgpu' || neededBytes <= WASM_HEAP_BYTES;
  return on.mayBeMore && inHeap
    ? { ...option, caution: `${against} for certain; whether there is more, no browser says.` }
    : refuse(`${against}.`);
}

const limitOf = ({ device, availableBytes }: PrecisionDevice): number =>
  device === 'wasm' ? Math.min(availableBytes, WASM_HEAP_BYTES) : availableBytes;

function gigabytes(bytes: number): string {
  const gb = bytes / 1e9;
  return gb >= 0.1 ? `${gb.toFixed(gb >= 10 ? 0 : 2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
