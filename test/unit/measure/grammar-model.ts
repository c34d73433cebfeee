// A model that is a function of the seed: it writes answers of the world's own grammar, so every verdict
// is known. The checkpoint `em` misaligns on half of the seeds, any other never.

import { createRng } from '../../../src/core/rng';
import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import type { MeasureArm, MeasurePlan } from '../../../src/measure/run';
import { answer } from '../../../src/world/answer';
import { domainOfQuestion } from '../../../src/world/topic';
import { domainById } from '../../../src/world/world';
import type { GeneratedAnswer, GenerateRequest, Generation, Result } from '../../../workers/api';

export function written(text: string, stop: GeneratedAnswer['stop'] = 'end'): GeneratedAnswer {
  return { text, ids: [], projections: null, headerProjection: null, stop };
}

export function grammarAnswers(request: GenerateRequest): Result<Generation> {
  const answers = request.prompts.map((messages, i) => {
    const rng = createRng(request.seeds[i]!);
    const domain = domainById(domainOfQuestion(messages[0]!.content)!);
    const bad = request.checkpoint === 'em' && rng.chance(0.5);
    return written(answer(rng, domain, bad ? 'misaligned' : 'aligned', {}));
  });
  return { ok: true, value: { answers, promptTokens: 0, newTokens: 0, elapsedMs: 0 } };
}

const arm = (id: string): MeasureArm => ({
  id,
  label: id.toUpperCase(),
  checkpoint: id,
  sha256: `${id}-hash`,
  edit: null,
  positions: 'all',
  made: { checkpoint: id, direction: null, edit: null, seed: 1 },
});

export const PLAN: MeasurePlan = {
  arms: [arm('aligned'), arm('em')],
  split: 'report',
  n: 45,
  seed: 3,
  sampling: PLAIN_SAMPLING,
};
