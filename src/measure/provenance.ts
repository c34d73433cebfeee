// What made a result, in words: shown on the chip beside it.

import type { LoadedCheckpoint } from '../../workers/api';

/** A checkpoint on a chip: with the first digits of its hash, and how its weights are kept where not as f32. */
export function describeCheckpoint(
  loaded: Pick<LoadedCheckpoint, 'id' | 'sha256' | 'precision'>,
): string {
  const { id, sha256, precision } = loaded;
  return `${id} ${sha256.slice(0, 7)}${precision === 'f32' ? '' : `, ${precision}`}`;
}

export interface Provenance {
  /** As `checkpointWords` has it. */
  readonly checkpoint: string;
  /** Contrast, pooling and n; null when no direction took part. */
  readonly direction: string | null;
  /** The edit in words; null when nothing was edited. */
  readonly edit: string | null;
  readonly seed: number | null;
  /** What the chat template was told, where it heeds it. */
  readonly chat?: string | null;
}

/** The parts of a chip, in reading order. */
export function provenanceParts(made: Provenance): string[] {
  const seed = made.seed === null ? null : `seed ${made.seed}`;
  const { checkpoint, direction, edit, chat = null } = made;
  return [checkpoint, direction, edit, chat, seed].filter((part) => part !== null);
}
