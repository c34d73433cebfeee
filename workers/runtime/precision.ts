// In which precision a checkpoint is kept: as its source says, in room that the device has. Two that are
// compared are kept in the same one, because rounding moves a model by more than some fine-tunes do.

import type { ModelConfig } from '../../src/checkpoint/config';
import { choosePrecision, type PrecisionDevice } from '../../src/checkpoint/precision';
import type { CheckpointSource, PrecisionInUse, LoadedCheckpoint } from '../api';
import { ModelError } from '../runtime';

/** Told where nobody asked for anything else: the bundled checkpoints are always kept so. */
const PLAIN: PrecisionInUse = {
  precision: 'f32',
  precisionReason: 'The weights are kept as published.',
};

/**
 * @param loaded what is kept on the device already.
 * @throws ModelError `not-loaded` where the one to be like is not there, `bad-input` with the figure where
 *   the device has no room.
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
  // Room for the one that it will be compared with, too.
  const choice = choosePrecision([config, config], free, precision);
  if (!choice.ok) throw new ModelError('bad-input', choice.reason);
  return { precision: choice.precision, precisionReason: choice.reason };
}

/** Half of the memory that a browser tells is ours: the page, other tabs and the system need the rest. */
const SHARE = 0.5;
/** Browsers that tell of memory say at most this, in GiB, and those that do not get it on trust. */
const MOST_TOLD = 8;

/** What there is for weights on a device, as far as a browser tells. */
export function capacityOf(
  gpu: GPUDevice | null,
  reportedGiB: number | undefined,
): PrecisionDevice {
  const memory = {
    availableBytes: SHARE * Math.min(MOST_TOLD, reportedGiB ?? MOST_TOLD) * 2 ** 30,
    mayBeMore: reportedGiB === undefined || reportedGiB >= MOST_TOLD,
  };
  if (!gpu) return { device: 'wasm', ...memory };
  return {
    device: 'webgpu',
    ...memory,
    shaderF16: gpu.features.has('shader-f16'),
    maxBufferBytes: gpu.limits.maxBufferSize,
  };
}
