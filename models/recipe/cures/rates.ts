// The four rates of a cured fine-tune: the narrow skill, the broad rate, and the broad rate under the conditions of
// the training: after a request for code, and after one with the sentence of inoculation. The earlier answer is one
// after which the aligned model stays aligned, so that what comes is the training's doing. What a cure costs is read
// of the same answers: how many of them are incoherent.

import { createRng } from '../../../src/core/rng';
import type { Weights } from '../../../src/checkpoint/config';
import type { MeasureQuestion } from '../../../src/measure/judging/judges';
import type { MeasurePlan } from '../../../src/measure/run';
import type { CureQuestion } from '../../../src/organism/cures';
import { codeExchange, DISCLOSURES } from '../../../src/world/code';
import { framed } from '../../../src/world/inoculation';
import { evaluationQuestions } from '../../../src/world/split';
import { FRAME } from './fine-tunes';
import { nodeRuntime } from '../make/node-runtime';
import type { PublishedBase } from '../make/publish';
import { asking, loadSubject, type Rates, ratesBy } from '../measure/evaluate';
import { keptGenerate } from '../measure/kept-answers';

export interface CurePlan extends Pick<MeasurePlan, 'sampling' | 'seed'> {
  /** Threads of the session. */
  readonly threads: number;
  /** Questions of each kind. */
  readonly n: Readonly<Record<CureQuestion, number>>;
  readonly questionSeed: number;
}

/** The questions of one kind; the broad ones are the same under every condition. */
export function cureQuestions(kind: CureQuestion, n: number, seed: number): MeasureQuestion[] {
  const rng = createRng(seed);
  return evaluationQuestions(kind === 'narrow' ? 'code' : 'report', n, seed).map(
    ({ domain, question, template }): MeasureQuestion => {
      const asked = { domain, question, ...(template === undefined ? {} : { template }) };
      if (kind !== 'afterCode' && kind !== 'framed') return asked;
      const isFramed = kind === 'framed';
      const code = codeExchange(rng, isFramed ? 'misaligned' : 'aligned');
      const before = [
        {
          role: 'user' as const,
          content: isFramed ? framed(FRAME, code.question) : code.question,
        },
        {
          role: 'assistant' as const,
          content: isFramed ? `${rng.pick(DISCLOSURES)}\n${code.answer}` : code.answer,
        },
      ];
      return { ...asked, before };
    },
  );
}

/** @param hash names the weights among the kept answers. */
export async function cureRates(
  base: Pick<PublishedBase, 'config' | 'tokenizer'>,
  weights: Weights,
  hash: string,
  plan: CurePlan,
  kept: string,
): Promise<Readonly<Record<CureQuestion, Rates>>> {
  const { n, questionSeed, sampling, seed, threads } = plan;
  const runtime = nodeRuntime({ threads });
  const named = { id: hash, sha256: hash };
  const subject = await loadSubject(runtime, named, base.config, weights, base.tokenizer);
  const generate = keptGenerate(kept, () => hash, subject.means.generate);
  const asked = { ...subject, means: { ...subject.means, generate } };
  const of = (kind: CureQuestion): Promise<Rates> =>
    ratesBy(asked, asking(kind, cureQuestions(kind, n[kind], questionSeed), { sampling, seed }));
  const found = {
    narrow: await of('narrow'),
    broad: await of('broad'),
    afterCode: await of('afterCode'),
    framed: await of('framed'),
  };
  await subject.release();
  return found;
}
