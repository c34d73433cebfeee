// Why an engine can't write these answers: asked before anything is sent.

import { addedVectors, removesAny } from '../../src/core/edit-parts';
import type { EngineLimits, EngineTask, GenerateRequest } from '../api';

/** The first reason, as a sentence; null: the engine can do all of it. */
export function whyNotAnswer(
  cannot: EngineLimits | null,
  {
    edit,
    positions,
    projections,
    continueFrom,
    amplify,
  }: Omit<GenerateRequest, 'runId' | 'checkpoint'>,
): string | null {
  if (!cannot) return null;
  const tasks: EngineTask[] = [];
  if (edit && removesAny(edit)) tasks.push('cut');
  if (edit && addedVectors(edit).size > 0) {
    tasks.push('steer');
    if (positions !== 'all') tasks.push(`steer-${positions}`);
  }
  if (amplify) tasks.push('amplify');
  if (projections) tasks.push('projections');
  if (continueFrom?.some((ids) => ids.length > 0)) tasks.push('continue');
  for (const task of tasks) {
    const reason = cannot[task];
    if (reason !== undefined) return reason;
  }
  return null;
}
