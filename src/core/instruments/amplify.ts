// Logit-difference amplification (Goodfire, "Model Diff Amplification", August 2025): both models read the same prefix,
// and the next token is drawn from l + a (l - l'), l of the fine-tuned model and l' of the aligned one. What training
// made a little likelier becomes frequent. At a = 0 it is the fine-tuned model, at a = -1 the aligned one.

/** Samples from l + a (l - l'), l of the checkpoint that is asked and l' of another one on the same prefix. */
export interface Amplify {
  /** Id of the loaded checkpoint of l'; it is never edited. */
  readonly against: string;
  /** a, from `MIN_AMPLIFY` to `MAX_AMPLIFY`. */
  readonly times: number;
}

/** Limits of a where people choose it: -1 is the aligned model, and most answers fall apart well before 4. */
export const MIN_AMPLIFY = -1;
export const MAX_AMPLIFY = 4;

const signed = (times: number): string => `${times < 0 ? '−' : '+'}${Math.abs(times)}`;

/**
 * For people; `times` is a.
 * @param against the aligned model's name
 */
export const describeAmplify = (times: number, against = 'the aligned model'): string =>
  `difference to ${against} amplified, a = ${signed(times)}`;

/** Why a is no value to amplify by, as a sentence; null: it is one. */
export function amplifyOutOfBounds(times: number): string | null {
  if (times >= MIN_AMPLIFY && times <= MAX_AMPLIFY) return null;
  return `The difference of two models can be amplified by a = ${String(MIN_AMPLIFY).replace('-', '−')} to ${MAX_AMPLIFY}, and this asks for ${String(times).replace('-', '−')}.`;
}

/** Why models of these vocabularies have no difference, as a sentence; null: they have one. */
export function vocabularyRefusal(tunedVocab: number, alignedVocab: number): string | null {
  if (tunedVocab === alignedVocab) return null;
  const [tuned, aligned] = [tunedVocab, alignedVocab].map((size) => size.toLocaleString('en'));
  return `The fine-tuned model chooses from ${tuned} tokens and the aligned one from ${aligned}, so their logits have no difference. Choose two models with one vocabulary.`;
}

/**
 * (1 + a) l - a l', rounded to f32: exactly l at a = 0 and exactly l' at a = -1, wherever the logits are finite.
 * @param tuned l [rows * d_vocab]
 * @param aligned l' [rows * d_vocab]
 * @throws RangeError for lengths that differ
 */
export function amplifiedLogits(
  tuned: Float32Array,
  aligned: Float32Array,
  times: number,
): Float32Array<ArrayBuffer> {
  if (tuned.length !== aligned.length) {
    throw new RangeError(`${tuned.length} logits have no difference to ${aligned.length}.`);
  }
  const out = new Float32Array(tuned.length);
  const tunedTimes = 1 + times;
  for (let i = 0; i < out.length; i++) out[i] = tunedTimes * tuned[i]! - times * aligned[i]!;
  return out;
}
