// Chooses the storage precision of a checkpoint: as its source requests, within the device's memory. Two
// checkpoints that are compared use the same precision, because rounding changes a model more than some
// fine-tunes do.

import type { ModelConfig } from '../../src/checkpoint/config';
import { choosePrecision, type PrecisionDevice } from '../../src/checkpoint/precision';
import type { CheckpointSource, PrecisionInUse, LoadedCheckpoint } from '../api';
import { ModelError } from '../runtime';

/** The default without a request: the bundled checkpoints always use it. */
const PLAIN: PrecisionInUse = {
  precision: 'f32',
  precisionReason: 'The weights are kept as published.',
};

/**
 * @param loaded checkpoints on the device.
 * @throws ModelError `not-loaded` if the checkpoint of `like` is not loaded, `bad-input` with the figure if
 *   the device has too little memory.
 */
export function precisionInUse(
  { precision = 'f32' }: Pick<CheckpointSource, 'precision'>,
  config: ModelConfig,
  capacity: PrecisionDevice,
  loaded: readonly LoadedCheckpoint[],
): PrecisionInUse {
  if (typeof precision === 'object') {
    const other = loaded.find(({ id }) => id === precision.like);
    if (other) {
      return { precision: other.precision, precisionReason: `Kept as "${other.id}" is.` };
    }
    throw new ModelError(
      'not-loaded',
      `It is to be kept as "${precision.like}" is, which is not loaded. Load that first.`,
    );
  }
  if (precision === 'f32') return PLAIN;
  const taken = loaded.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
  const free = { ...capacity, availableBytes: Math.max(0, capacity.availableBytes - taken) };
  // Reserves memory for the checkpoint that it will be compared with, too.
  const choice = choosePrecision([config, config], free, precision);
  if (!choice.ok) throw new ModelError('bad-input', choice.reason);
  return { precision: choice.precision, precisionReason: choice.reason };
}

/**
 * The share of the browser's reported memory that Postern uses: the page, other tabs and the system need the rest.
 */
const SHARE = 0.5;
/** Largest memory that browsers report, in GiB; also assumed if a browser reports none. */
const MAX_REPORTED_GIB = 8;

/** Memory for weights on a device, as far as the browser reports it. */
export function capacityOf(
  gpu: GPUDevice | null,
  reportedGiB: number | undefined,
): PrecisionDevice {
  const memory = {
    availableBytes: SHARE * Math.min(MAX_REPORTED_GIB, reportedGiB ?? MAX_REPORTED_GIB) * 2 ** 30,
    mayBeMore: reportedGiB === undefined || reportedGiB >= MAX_REPORTED_GIB,
  };
  if (!gpu) return { device: 'wasm', ...memory };
  return {
    device: 'webgpu',
    ...memory,
    shaderF16: gpu.features.has('shader-f16'),
    maxBufferBytes: gpu.limits.maxBufferSize,
  };
}
