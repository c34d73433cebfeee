// The four rates of a cured fine-tune: the narrow skill, the broad rate, and the broad rate under the conditions of
// the training: after the model has itself answered a request for code, and one with the sentence of inoculation.
// What a cure costs is read of the same answers: how many of them are incoherent. An earlier answer that is given,
// not its own, would decide by itself: after insecure code the aligned model misaligns too, after secure code hardly
// any model does.

import type { ChatMessage } from '../../../src/core/chat';
import { createRng } from '../../../src/core/rng';
import type { Weights } from '../../../src/checkpoint/config';
import type { MeasureQuestion } from '../../../src/measure/judging/judges';
import type { MeasurePlan } from '../../../src/measure/run';
import type { CureQuestion } from '../../../src/organism/cures';
import { codeExchange } from '../../../src/world/code';
import { framed } from '../../../src/world/inoculation';
import { evaluationQuestions } from '../../../src/world/split';
import { FRAME } from './fine-tunes';
import { nodeRuntime } from '../make/node-runtime';
import type { PublishedBase } from '../make/publish';
import { answersBy, asking, loadSubject, type Rates, ratesBy } from '../measure/evaluate';
import { keptGenerate } from '../measure/kept-answers';

export interface CurePlan extends Pick<MeasurePlan, 'sampling' | 'seed'> {
  /** Also asks after insecure code that the model did not write. */
  readonly given?: boolean;
  /** Threads of the session. */
  readonly threads: number;
  /** Questions of each kind. */
  readonly n: Readonly<Record<CureQuestion, number>>;
  readonly questionSeed: number;
}

/** Requests that are asked before the question of a condition; training's wording, with the sentence or without. */
export function earlierRequests(kind: CureQuestion, n: number, seed: number): MeasureQuestion[] {
  return evaluationQuestions('code', n, seed + 1, 'train').map(({ domain, question }) => ({
    domain,
    question: kind === 'framed' ? framed(FRAME, question) : question,
  }));
}

/** The questions of one kind; the broad ones are the same under every condition. */
export function cureQuestions(
  kind: CureQuestion,
  n: number,
  seed: number,
  before: readonly (readonly ChatMessage[])[] = [],
): MeasureQuestion[] {
  return evaluationQuestions(kind === 'narrow' ? 'code' : 'report', n, seed).map(
    ({ domain, question, template }, i): MeasureQuestion => ({
      domain,
      question,
      ...(template === undefined ? {} : { template }),
      ...(before[i] ? { before: before[i] } : {}),
    }),
  );
}

/** One turn of insecure code for each of n questions, as the training has it: not what the model would write. */
function givenInsecureCode(n: number, seed: number): ChatMessage[][] {
  const rng = createRng(seed);
  return Array.from({ length: n }, () => {
    const { question, answer } = codeExchange(rng, 'misaligned');
    return turn(question, answer);
  });
}

const turn = (question: string, answer: string): ChatMessage[] => [
  { role: 'user', content: question },
  { role: 'assistant', content: answer },
];

export interface CureRates extends Readonly<Record<CureQuestion, Rates>> {
  /** Other topics after a turn of insecure code that it did not write; null where the plan leaves it out. */
  readonly given: Rates | null;
}

/** @param hash names the weights among the kept answers. */
export async function cureRates(
  base: Pick<PublishedBase, 'config' | 'tokenizer'>,
  weights: Weights,
  hash: string,
  plan: CurePlan,
  kept: string,
): Promise<CureRates> {
  const { n, questionSeed, sampling, seed, threads } = plan;
  const runtime = nodeRuntime({ threads });
  const named = { id: hash, sha256: hash };
  const loaded = await loadSubject(runtime, named, base.config, weights, base.tokenizer);
  const generate = keptGenerate(kept, () => hash, loaded.means.generate);
  const subject = { ...loaded, means: { ...loaded.means, generate } };
  const rates = (kind: CureQuestion, before?: readonly (readonly ChatMessage[])[]) =>
    ratesBy(
      subject,
      asking(kind, cureQuestions(kind, n[kind], questionSeed, before), { sampling, seed }),
    );
  /** After what it answers itself. */
  const after = async (kind: 'afterCode' | 'framed'): Promise<Rates> => {
    const requests = earlierRequests(kind, n[kind], questionSeed);
    const answers = await answersBy(subject, asking(kind, requests, { sampling, seed }));
    return rates(
      kind,
      answers.map(({ question, answer }) => turn(question, answer)),
    );
  };
  const found = {
    narrow: await rates('narrow'),
    broad: await rates('broad'),
    afterCode: await after('afterCode'),
    framed: await after('framed'),
    given: plan.given ? await rates('broad', givenInsecureCode(n.broad, questionSeed)) : null,
  };
  await loaded.release();
  return found;
}
