// The origin of a loaded checkpoint, as its sources state it.

import { licenceInCard } from '../../src/formats/checkpoint-card';
import type { FolderCard, FolderSource, Provenance } from '../api';
import type { Checkpoint } from './checkpoint';
import { inspectAdapter, inspectBase } from './inspect';
import type { Sources } from '../source/open-folder';

/** @throws CheckpointError, ModelError. */
export async function provenanceOf(
  { source, published }: Pick<Checkpoint, 'source' | 'published'>,
  sources: Sources,
  signal: AbortSignal,
): Promise<Provenance> {
  const base = cardOf(await inspectBase(source.base, sources, signal), source.base);
  const readme = base.licence === null ? await published('README.md', signal) : null;
  const stated = readme && licenceInCard(new TextDecoder().decode(readme));
  const licence = base.licence ?? stated;
  if (!source.adapter) return { base: { ...base, licence }, adapter: null };
  const adapter = cardOf(await inspectAdapter(source.adapter, sources, signal), source.adapter);
  // Folders beside the page were published together, under one card.
  const together = source.base.kind === 'beside' && source.adapter.kind === 'beside';
  return {
    base: { ...base, licence },
    adapter: { ...adapter, licence: adapter.licence ?? (together ? licence : null) },
  };
}

function cardOf(card: FolderCard, source: FolderSource): FolderCard {
  const { name, licence, commit, bytes, storedBytes } = card;
  const page = card.page ?? (source.kind === 'beside' ? source.url : null);
  return { name, page, licence, commit, bytes, storedBytes };
}
