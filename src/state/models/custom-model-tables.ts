// Texts about the embedding, the head and the adapter of a pair: from the configurations before it is loaded,
// from the files afterwards.

import type {
  AdapterCard,
  AdapterEffect,
  CheckpointCard,
  LoadedCheckpoint,
} from '../../../workers/api';
import { matricesOfAdapter, matricesOfCheckpoint } from '../../checkpoint/embedding-and-head';

/** One text each for base and fine-tune. @param loaded the two checkpoints, as far as they are loaded */
export function describeMatrices(
  base: CheckpointCard,
  fineTune: CheckpointCard | AdapterCard,
  loaded: readonly (LoadedCheckpoint | undefined)[],
): readonly string[] {
  const { tieWordEmbeddings } = base.config;
  return [base, fineTune].map((card, i) => {
    const known = loaded[i]?.embeddingAndHead;
    if (known) return known;
    if ('matrices' in card) return matricesOfAdapter(tieWordEmbeddings, card.matrices).description;
    return describeTying(card.config.tieWordEmbeddings);
  });
}

/** The tying that config.json states, which the files may contradict. */
const describeTying = (tied: boolean): string =>
  matricesOfCheckpoint(tied, { embedding: true, head: !tied, alike: () => true }).description;

/** null: the fine-tune is not an adapter, or it is not loaded yet. */
export function describeAdapter(effect: AdapterEffect | null): string | null {
  if (!effect) return null;
  const { factors, lacking, replaced, addedRows } = effect;
  const count = (n: number, one: string, several = `${one}s`) => `${n} ${n === 1 ? one : several}`;
  const rows =
    addedRows === 0
      ? ''
      : ` Its vocabulary has ${count(Math.abs(addedRows), 'row')} ${addedRows > 0 ? 'more' : 'fewer'} than the base's; prompts are written with the base's tokenizer.`;
  const whole = replaced.length > 0 ? ` ${count(replaced.length, 'tensor')} replaced whole.` : '';
  const absent =
    lacking === 0
      ? ''
      : ` ${count(lacking, 'more matrix', 'more matrices')} that its configuration adapts ${lacking === 1 ? 'has' : 'have'} no update in the file: the base's stand there. The file may be incomplete.`;
  return `${count(factors, 'LoRA update')} applied, none left out.${absent}${whole}${rows}`;
}
