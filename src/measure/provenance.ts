// The settings line under a result: model, direction, edit, chat settings and seed.

import type { LoadedCheckpoint } from '../../workers/api';

/** A custom pair's ids, `own:base:<name>` and `own:em:<name of the base>:<name>` (custom-model-pair.ts). */
const CUSTOM_ID = /^own:(?:base:|em:.*:)(.+)$/;

/** The name of a model by its id, for a line that people read: a custom model's own name. */
export const nameOfModel = (id: string): string => CUSTOM_ID.exec(id)?.[1] ?? id;

/**
 * A checkpoint for a settings line: with the first digits of its hash, and its precision unless f32. On a server the
 * hash is that of what the server says of its model, and of the LoRAs.
 */
export function describeCheckpoint(
  loaded: Pick<LoadedCheckpoint, 'id' | 'sha256' | 'precision' | 'server'>,
): string {
  const { id, sha256, precision, server } = loaded;
  const kept = server
    ? `, ${server.model} (${server.weights}) on ${server.name}`
    : precision === 'f32'
      ? ''
      : `, ${precision}`;
  return `${nameOfModel(id)} ${sha256.slice(0, 7)}${kept}`;
}

export interface Provenance {
  /** As `describeCheckpoint` returns it. */
  readonly checkpoint: string;
  /** Contrast, pooling and n; null when no direction took part. */
  readonly direction: string | null;
  /** The edit for people; null when nothing was edited. */
  readonly edit: string | null;
  readonly seed: number | null;
  /** The chat settings, if the template uses any. */
  readonly chat?: string | null;
}

/** The parts of a settings line, in reading order. */
export function provenanceParts(made: Provenance): string[] {
  const seed = made.seed === null ? null : `seed ${made.seed}`;
  const { checkpoint, direction, edit, chat = null } = made;
  return [checkpoint, direction, edit, chat, seed].filter((part) => part !== null);
}
