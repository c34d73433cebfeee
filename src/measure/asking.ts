// A question with all its settings, and the list of earlier ones. The same text with another system prompt is
// another question.

import type { ChatSettings } from '../core/chat';

const KEPT = 40;

export interface Asking {
  readonly prompt: string;
  readonly seed: number;
  /** Null: the model's default temperature. */
  readonly temperature: number | null;
  /** Plain sampling instead of the model's default. */
  readonly plain?: boolean;
  /** System prompt that belongs to the question, which replaces the page's. */
  readonly system?: string;
  /** Chat settings at that time. */
  readonly chat?: ChatSettings;
}

/** Identifies a question within a list. */
export function askingKey({ prompt, seed, system }: Asking): string {
  return JSON.stringify([prompt, seed, system ?? null]);
}

/** Removes duplicates and keeps the latest 40, latest first. */
export function distinct(latestFirst: readonly Asking[]): readonly Asking[] {
  const byKey = new Map<string, Asking>();
  for (const asking of latestFirst) {
    const key = askingKey(asking);
    if (!byKey.has(key)) byKey.set(key, asking);
  }
  return [...byKey.values()].slice(0, KEPT);
}
