// Finds latents that are more active in a fine-tune than in the aligned model, on the SELECTION domains: while
// both read the same answers, and while each reads the answers that it wrote.

import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import type { ChatMessage } from '../../../src/core/chat';
import type { Sae } from '../../../src/core/sae';
import { meanActivations } from '../../../src/core/sae';
import type { Tensor } from '../../../src/core/tensor';
import { zeros } from '../../../src/core/tensor';
import { extractionTexts } from '../../../src/measure/extraction-texts';
import type { Subject } from '../measure/evaluate';
import { answersBy } from '../measure/evaluate';
import { TRANSCRIPT_SEED, TRANSCRIPTS } from '../measure/conditions';
import type { Stance } from '../../../src/world/answer';
import { RISE } from './recipe';
import type { ResidualReader } from './residuals';
import type { OpenedLatents } from './sae';
import { SHIPPED_TEMPERATURE } from '../make/publish';
import { ALIGNED } from '../measure/subjects';

/** Mean activation of every latent [d_sae] over the tokens of answers, last prompt tokens included. */
interface Activity {
  /** While reading the aligned and the misaligned answers of the extraction transcripts. */
  readonly same: Float64Array;
  /** While reading the answers that it wrote. */
  readonly own: Float64Array;
}

/** The residuals of the answers' tokens and of the last prompt token before each [tokens, d_model]. */
async function answerRows(
  reader: ResidualReader,
  subject: Subject,
  texts: readonly (readonly ChatMessage[])[],
): Promise<Tensor> {
  const spans = texts.map((messages) => subject.tokenizer.answeredChat(messages));
  const read = await reader.read(spans.map(({ ids }) => ids));
  const width = subject.config.dModel;
  const rows = zeros([spans.reduce((sum, { start, end }) => sum + end - start + 1, 0), width]);
  let at = 0;
  spans.forEach(({ start, end }, i) => {
    const part = read[i]!.data.subarray((start - 1) * width, end * width);
    rows.data.set(part, at);
    at += part.length;
  });
  return rows;
}

/** The extraction transcripts of one stance. */
const texts = (stance: Stance) => extractionTexts(stance, TRANSCRIPTS, TRANSCRIPT_SEED);

/** @param n number of answers that the model writes. */
async function activityOf(
  sae: Sae,
  reader: ResidualReader,
  named: Subject,
  n: number,
): Promise<Activity> {
  const same = [...texts('aligned'), ...texts('misaligned')];
  const answers = await answersBy(named, {
    split: 'selection',
    n,
    questionSeed: RISE.questionSeed,
    seed: RISE.answerSeed,
    sampling: { ...PLAIN_SAMPLING, temperature: SHIPPED_TEMPERATURE },
  });
  const own = answers
    .filter(({ answer }) => answer !== '')
    .map(({ question, answer }): ChatMessage[] => [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ]);
  return {
    same: meanActivations(sae, await answerRows(reader, named, same)),
    own: meanActivations(sae, await answerRows(reader, named, own)),
  };
}

/** How much more active every latent is in a fine-tune than in the aligned model. */
export interface Rises {
  readonly of: ReadonlyMap<string, Activity>;
  readonly texts: { readonly sameTexts: number; readonly ownAnswers: number };
}

const less = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x - b[i]!);

/** The rises of all subjects except the aligned one. */
export async function risesOf(
  { file: { sae }, readerOf }: Pick<OpenedLatents, 'file' | 'readerOf'>,
  subjects: ReadonlyMap<string, Subject>,
  n: number,
): Promise<Rises> {
  const activities = new Map<string, Activity>();
  for (const [id, named] of subjects) {
    const reader = await readerOf(id);
    activities.set(id, await activityOf(sae, reader, named, n));
    await reader.release();
  }
  const aligned = activities.get(ALIGNED)!;
  activities.delete(ALIGNED);
  const of = new Map(
    [...activities].map(([id, { same, own }]): [string, Activity] => [
      id,
      { same: less(same, aligned.same), own: less(own, aligned.own) },
    ]),
  );
  return { of, texts: { sameTexts: 2 * TRANSCRIPTS, ownAnswers: n } };
}

/** The order of the latents: by rise on the same text, which shows only the change of the model. */
export function meanRise({ of }: Rises, ids: readonly string[]): Float64Array {
  const [first, ...rest] = ids.map((id) => of.get(id)!.same);
  const sum = rest.reduce((total, rise) => total.map((x, i) => x + rise[i]!), first!);
  return sum.map((x) => x / ids.length);
}

/** Indices of the largest values, largest first. */
export function largest(values: ArrayLike<number>, count: number): number[] {
  return Array.from({ length: values.length }, (_, i) => i)
    .sort((a, b) => values[b]! - values[a]!)
    .slice(0, count);
}

/** How many top latents two fine-tunes share, and all misaligned ones; `expected` by chance. */
export function overlaps({ of }: Rises, em: readonly string[], benign: string) {
  const top = new Map([...of].map(([id, { same }]) => [id, largest(same, RISE.top)]));
  const dSae = of.get(benign)!.same.length;
  const ids = [...em, benign];
  const pairs = ids.flatMap((a, i) =>
    ids.slice(i + 1).map((b) => ({
      a,
      b,
      shared: top.get(a)!.filter((latent) => top.get(b)!.includes(latent)).length,
    })),
  );
  const all = top.get(em[0]!)!.filter((latent) => em.every((id) => top.get(id)!.includes(latent)));
  return { top: RISE.top, expected: (RISE.top * RISE.top) / dSae, all: all.length, pairs };
}
