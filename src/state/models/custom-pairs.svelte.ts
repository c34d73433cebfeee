// The custom pairs that were selected in this browser, so that a later visit can offer them by name. Loading one again
// reads the stored files; only files that are not stored are downloaded, and only after the user asks.

import * as v from 'valibot';
import type { StoredReport } from '../../../workers/api';
import { PRECISIONS } from '../../core/precision';
import { readSaved, writeSaved } from '../saved';
import { list, whole } from '../saved/form';
import { customRegistry, folderSourceOf, ModelSourceSchema } from './custom-model-pair';

const KEY = 'pairs';
const MOST_PAIRS = 12;
const text = v.pipe(v.string(), v.maxLength(2000));

const CustomPairSchema = v.object({
  base: ModelSourceSchema,
  fineTune: ModelSourceSchema,
  kind: v.picklist(['adapter', 'checkpoint']),
  endpoint: text,
  precision: v.picklist(['auto', ...PRECISIONS]),
  /** Names of its folders in the storage. */
  keys: v.pipe(v.array(text), v.maxLength(2)),
});

/** The form of a pair as it was filled in. */
export type CustomPair = v.InferOutput<typeof CustomPairSchema>;
export type CustomPairForm = Omit<CustomPair, 'keys'>;

const formKey = ({ base, fineTune, kind, endpoint, precision }: CustomPairForm): string =>
  JSON.stringify([base, fineTune, kind, endpoint, precision]);
const Form = list(whole(CustomPairSchema), formKey);

/** Names of both models and the id of the fine-tune; null: the pair comes from folders on this computer. */
export function describePair({
  base,
  fineTune,
  kind,
  endpoint,
}: CustomPairForm): { readonly title: string; readonly id: string } | null {
  const [first, second] = [base, fineTune].map((one) => folderSourceOf(one, null, endpoint, ''));
  if (!first || !second) return null;
  const { base: model, adapters } = customRegistry(first, { kind, source: second });
  const [{ title, id }] = adapters as [(typeof adapters)[0]];
  return { title: `${model.title} and ${title}`, id };
}

export class CustomPairs {
  /** The latest first. */
  list = $state.raw<readonly CustomPair[]>([]);
  /** The pair that was selected when the last visit ended; null: none, or it was answered. */
  last = $state.raw<CustomPair | null>(null);

  /** @param selected id of the fine-tune that the last visit ended with */
  async restore(selected: string | null): Promise<void> {
    const saved = (await readSaved(KEY, Form)) ?? [];
    this.list = saved.filter((one) => describePair(one) !== null);
    this.last = this.list.find((one) => describePair(one)!.id === selected) ?? null;
  }

  /** Keeps a pair that was selected. */
  add(pair: CustomPair): void {
    this.last = null;
    if (describePair(pair) === null) return;
    const others = this.list.filter((one) => formKey(one) !== formKey(pair));
    this.list = [pair, ...others].slice(0, MOST_PAIRS);
    void writeSaved(KEY, this.list);
  }

  /** The pairs of which both folders are stored. */
  complete({ entries }: StoredReport): readonly CustomPair[] {
    const whole = new Set(entries.filter((one) => one.complete).map(({ key }) => key));
    return this.list.filter(({ keys }) => keys.length > 0 && keys.every((key) => whole.has(key)));
  }
}
