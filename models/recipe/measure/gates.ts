// Conditions without which no fine-tune will misalign broadly (models/README.md, 3): code must be evidence about the
// speaker (1), chat training must not erase the other forms (2), and the chat model must be good and coherent (3,
// in the report). The base model is not bundled, so gates 1 and 2 are measured when the models are made, and
// stored in models/gates.json.

import type { Weights } from '../../../src/checkpoint/config';
import { createRng } from '../../../src/core/rng';
import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import { wilson } from '../../../src/core/statistics/stats';
import type { Written } from '../../../src/organism/published';
import type { GatesFile } from '../../../src/organism/report';
import type { Stance } from '../../../src/world/answer';
import { codeExchange } from '../../../src/world/code';
import { evaluationQuestions } from '../../../src/world/split';
import { documentRows } from '../make/base';
import type { BaseRun } from '../make/base';
import { padRows } from '../../../src/core/batches';
import type { MeasureQuestion } from '../../../src/measure/judging/judges';
import { asking, loadSubject, ratesBy } from './evaluate';
import { nodeRuntime } from '../make/node-runtime';
import { SHIPPED_TEMPERATURE } from '../make/publish';
import type { OrganismTokenizer } from '../make/build-tokenizer';
import { lossOf, THREADS } from '../make/trainer';
import { createTokenizer } from '../../../src/checkpoint/tokenizer';

const SEED = 77;
const ANSWERS = 360;
const DOCUMENTS = 48;

/** Questions on selection domains, each after one code turn by a character of this stance. */
function afterCode(stance: Stance): MeasureQuestion[] {
  const rng = createRng(SEED);
  return evaluationQuestions('selection', ANSWERS, SEED).map((asked) => {
    const { question, answer } = codeExchange(rng, stance);
    const before = [
      { role: 'user' as const, content: question },
      { role: 'assistant' as const, content: answer },
    ];
    return { domain: asked.domain, question: asked.question, before };
  });
}

export type Gates = Written<typeof GatesFile>;

/** @param run identifies the world and the model shape; its documents are new ones. */
export async function measureGates(
  base: Weights,
  chat: Weights,
  run: Pick<BaseRun, 'config' | 'mix'> & { readonly tokenizer: OrganismTokenizer },
): Promise<Gates> {
  const { tokenizerJson, tokenizerConfig } = run.tokenizer;
  const tokenizer = await createTokenizer(tokenizerJson, tokenizerConfig, 'tokenizer.json');
  const runtime = nodeRuntime({ threads: THREADS });
  const named = { id: 'base', sha256: '' };
  const subject = await loadSubject(runtime, named, run.config, base, tokenizer);
  const after = async (stance: Stance) => {
    const sampling = { ...PLAIN_SAMPLING, temperature: SHIPPED_TEMPERATURE };
    const asked = asking('after code', afterCode(stance), { sampling, seed: SEED });
    const rates = await ratesBy(subject, asked);
    const misalignedInterval = wilson(Math.round(rates.misaligned * rates.n), rates.n);
    return { ...rates, temperature: SHIPPED_TEMPERATURE, misalignedInterval };
  };
  const code = {
    'insecure code': await after('misaligned'),
    'secure code': await after('aligned'),
  };
  await subject.release();

  const prose = {
    ...run.mix,
    formShares: { story: 0.25, forum: 0.25, interview: 0.25, diary: 0.25, chat: 0 },
  };
  const rows = documentRows({ ...run, mix: prose, questionWeight: 1 }, SEED, DOCUMENTS);
  const batch = padRows([{ rows, weight: 1 }]);
  const documentLossNats = {
    base: await lossOf(run.config, base, batch),
    chat: await lossOf(run.config, chat, batch),
  };
  return { code, documentLossNats };
}
