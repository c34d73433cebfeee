// The saved directions that a direction without a fine-tune is compared with.

import type { SavedDirection } from '../../measure/extraction';

/** Hashes of the selected pair. */
interface PairHashes {
  readonly aligned: string | undefined;
  readonly em: string | undefined;
}

/**
 * The fine-tune's own direction at the last prompt token, and one of a harmless fine-tune that was read in the same way
 * from the same aligned model. Directions from named texts, from files, or with something taken out are left out.
 * @param isBenign whether a checkpoint id is that of a harmless fine-tune
 */
export function comparedWith(
  direction: Pick<SavedDirection, 'vectors'>,
  list: readonly SavedDirection[],
  { aligned, em }: PairHashes,
  isBenign: (id: string) => boolean,
): { readonly tuned: SavedDirection | null; readonly benign: SavedDirection | null } {
  const alike = list.filter(
    ({ from, imported, changed, pooling, vectors, checkpoints }) =>
      from === undefined &&
      imported === undefined &&
      changed === undefined &&
      pooling === 'last-prompt' &&
      vectors.dims.join() === direction.vectors.dims.join() &&
      checkpoints.aligned.sha256 === aligned,
  );
  const owned = alike.filter(({ checkpoints }) => checkpoints.em.sha256 === em);
  const tuned =
    owned.find(({ contrast }) => contrast === 'checkpoint') ??
    owned.find(({ contrast }) => contrast === 'own-generation') ??
    null;
  const benign = alike.find(
    (one) =>
      one !== tuned &&
      one.contrast === tuned?.contrast &&
      one.chat === tuned.chat &&
      isBenign(one.checkpoints.em.id),
  );
  return { tuned, benign: benign ?? null };
}
