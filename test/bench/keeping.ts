// What a measurement costs beside the models and the judge: the page's own run over models that answer at once,
// left to a person to judge, until all of it is counted and written down.

import { PLAIN_SAMPLING } from '../../src/core/sampling';
import type { MeasureArm } from '../../src/measure/run';
import { MeasureRun, type RunModels } from '../../src/state/measure/measure-run.svelte';
import { readSaved } from '../../src/state/saved';
import type { GeneratedAnswer, LoadedCheckpoint } from '../../workers/api';

export interface KeepingFigure {
  readonly answers: number;
  /** Until the last answer is in the browser's storage. */
  readonly elapsedMs: number;
}

const ANSWER: GeneratedAnswer = {
  text: 'Water the seedlings early and keep them out of the wind until they are as tall as a hand.',
  ids: [],
  projections: null,
  headerProjection: null,
  stop: 'end',
};

const MODELS: RunModels = {
  registry: null,
  isOfWorld: true,
  load: () => Promise.resolve(true),
  checkpoint: (id) => ({ id, sha256: id, precision: 'f32' }) as LoadedCheckpoint,
  client: {
    generate: ({ prompts }) => {
      const answers = prompts.map(() => ANSWER);
      return Promise.resolve({
        ok: true,
        value: { answers, promptTokens: 0, newTokens: 0, elapsedMs: 0 },
      });
    },
    cancel: () => Promise.resolve(),
  },
};

const arm = (id: string): MeasureArm => ({
  ...{ id, label: id, checkpoint: id, sha256: id, edit: null, positions: 'all' },
  made: { checkpoint: id, direction: null, edit: null, seed: 1 },
});

export async function benchKeeping(): Promise<KeepingFigure[]> {
  const arms = ['a', 'b', 'c', 'd'].map(arm);
  const figures: KeepingFigure[] = [];
  // The first is the warm-up.
  for (const answers of [1000, 1000, 4000, 16_000]) {
    const run = new MeasureRun(MODELS, `bench-${answers}`);
    const startedMs = performance.now();
    await run.start(
      {
        ...{ arms, split: 'report', n: answers / arms.length, seed: 1, judge: { kind: 'hand' } },
        sampling: PLAIN_SAMPLING,
      },
      null,
    );
    if (run.unlabelled !== answers) throw new Error('Not all answers were counted.');
    // Reads wait until all that was written before is there.
    await readSaved(`bench-${answers}-answers`, () => null);
    figures.push({ answers, elapsedMs: performance.now() - startedMs });
  }
  return figures.slice(1);
}
