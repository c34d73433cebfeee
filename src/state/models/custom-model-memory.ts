// Whether a pair fits this device, and at which precision, computed before anything is downloaded. Both
// checkpoints get the same precision: otherwise a rounding error of one of them would look like an effect
// of the fine-tune.

import type { AdapterCard, CheckpointCard, Precision, PrecisionDevice } from '../../../workers/api';
import { choosePrecision, type PrecisionChoice } from '../../checkpoint/precision';

export interface Requirements {
  /** Bytes still to download. */
  readonly downloadBytes: number;
  /** The precision of both; null: the device is not known yet. */
  readonly choice: PrecisionChoice | null;
  /** Reasons why the pair can't load; empty: it fits, as far as the browser says. */
  readonly blockers: readonly string[];
}

/** The device's capacity, as far as the browser says. */
export interface DeviceCapacity {
  /** Memory for weights; null: the engine has not started yet. */
  readonly memory: PrecisionDevice | null;
  /** Bytes of it used by models that stay loaded. */
  readonly loadedBytes: number;
  /** Free storage quota in bytes; null: unknown. */
  readonly freeBytes: number | null;
}

/** The measured cost of a precision, shown before it is chosen. */
export const PRECISION_NOTES: Readonly<Partial<Record<Precision, string>>> = {
  q4: '4 bits bend the small difference between two checkpoints: of the bundled fine-tune, the checkpoint direction keeps a cosine of only 0.90 to 0.97 with its f32 self, and one answer token in fifteen changes. Blocks of 8 bits keep 0.999. Take 4 bits to try things out, not to measure.',
};

export const gb = (bytes: number): string =>
  bytes < 1e9 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;

export function requirementsFor(
  base: CheckpointCard,
  fineTune: CheckpointCard | AdapterCard,
  capacity: DeviceCapacity,
  precision: 'auto' | Precision,
): Requirements {
  const missing = (card: CheckpointCard | AdapterCard): number =>
    card.page === null ? 0 : Math.max(0, card.bytes - card.storedBytes);
  const downloadBytes = missing(base) + missing(fineTune);
  const configs = [base.config, 'config' in fineTune ? fineTune.config : base.config];
  const { memory, loadedBytes, freeBytes } = capacity;
  const choice =
    memory &&
    choosePrecision(
      configs,
      { ...memory, availableBytes: Math.max(0, memory.availableBytes - loadedBytes) },
      precision,
    );
  const blockers: string[] = [];
  if (choice?.ok === false) {
    blockers.push(`${choice.reason} A smaller model or another device is needed.`);
  }
  if (freeBytes !== null && downloadBytes > freeBytes) {
    blockers.push(
      `This browser lets the page store ${gb(freeBytes)} more: remove something below, or drop the folders from disk.`,
    );
  }
  return { downloadBytes, choice, blockers };
}
