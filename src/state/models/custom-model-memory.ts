// Whether a pair fits this device, and how its weights would be kept, told before anything is downloaded.
// Both checkpoints are kept in the same precision: what one of them alone lost to rounding would count as
// what the fine-tune did.

import type { AdapterCard, CheckpointCard, Precision, PrecisionDevice } from '../../../workers/api';
import { choosePrecision, type PrecisionChoice } from '../../checkpoint/precision';

export interface Need {
  /** Still to be fetched. */
  readonly downloadBytes: number;
  /** How both would be kept; null: the device is not known yet. */
  readonly choice: PrecisionChoice | null;
  /** What stands against it; empty: it fits, as far as the browser tells. */
  readonly against: readonly string[];
}

/** What the browser tells of the device. */
export interface DeviceCapacity {
  /** For weights; null: not started yet. */
  readonly memory: PrecisionDevice | null;
  /** Of that, what stays loaded beside the pair, bytes. */
  readonly loadedBytes: number;
  /** Left of what the page may store; null: not told. */
  readonly freeBytes: number | null;
}

/** What a person should know of a precision before it is chosen; measured (README, "Precision"). */
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
): Need {
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
  const against: string[] = [];
  if (choice?.ok === false) {
    against.push(`${choice.reason} A smaller model or another device is needed.`);
  }
  if (freeBytes !== null && downloadBytes > freeBytes) {
    against.push(
      `This browser lets the page store ${gb(freeBytes)} more: remove something below, or drop the folders from disk.`,
    );
  }
  return { downloadBytes, choice, against };
}
