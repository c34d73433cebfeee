// A question as it was put, and the list of earlier ones. Asked again with another system prompt it is
// another question.

import type { ChatSettings } from '../core/chat';

const KEPT = 40;

export interface Asking {
  readonly prompt: string;
  readonly seed: number;
  /** Null: the checkpoint's own sampling. */
  readonly temperature: number | null;
  /** Plain sampling in place of the checkpoint's own. */
  readonly plain?: boolean;
  /** Of the question itself, in place of the page's. */
  readonly system?: string;
  /** What the chat template was told. */
  readonly chat?: ChatSettings;
}

/** Two questions of one list never have the same. */
export function askingKey({ prompt, seed, system }: Asking): string {
  return JSON.stringify([prompt, seed, system ?? null]);
}

/** The latest of each question, latest first as they came, 40 at most. */
export function distinct(latestFirst: readonly Asking[]): readonly Asking[] {
  const byKey = new Map<string, Asking>();
  for (const asking of latestFirst) {
    const key = askingKey(asking);
    if (!byKey.has(key)) byKey.set(key, asking);
  }
  return [...byKey.values()].slice(0, KEPT);
}
