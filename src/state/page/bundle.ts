// Converts the page to a session file and back: the contents of a link, plus every saved direction, the
// measured answers, and the adapters trained here.

import type { ModelConfig } from '../../checkpoint/config';
import { PROGRAM_VERSION } from '../../core/version';
import { FilesClient } from '../../engine/files-client';
import {
  type Bundle,
  type BundledAdapter,
  type BundleToWrite,
  writeBundle,
} from '../../formats/bundle';
import type { DirectionFile } from '../../formats/direction/direction-file';
import { LinkError, type LinkState, writeLink } from '../../formats/link';
import type { Directions } from '../direction/directions.svelte';
import type { SavedDirection } from '../../measure/extraction';
import { importDirection, recordOf } from '../direction/imported-direction';
import type { AddressLink } from './link.svelte';
import { linkOf } from './link.svelte';
import { changePair, setFrom } from '../begin-pair';
import type { ModelPair } from '../pair/model-pair.svelte';
import type { Postern } from './postern';
import { openLink } from './start-up';
import type { TrainedAdapter } from '../train/adapter-record';

/** @param answers measured answers as JSON lines, by name */
export function bundleOf(
  postern: Postern,
  tab: string,
  answers: BundleToWrite['answers'],
): Uint8Array<ArrayBuffer> {
  const { list, current, header } = postern.directions;
  const { trainedAdapters } = postern.training;
  const stage = trainedAdapters.list.findIndex(({ id }) => trainedAdapters.isSelected(id));
  // The direction to ablate along comes first; one direction may have both uses.
  const use = [current, header].flatMap((direction) =>
    direction ? [list.indexOf(direction)] : [],
  );
  return writeBundle({
    link: linkText(postern, tab),
    directions: list.map(recordOf),
    use,
    answers,
    adapters: trainedAdapters.list.map(({ id: _, config, weights, ...about }) => ({
      about,
      config,
      weights,
    })),
    stage: stage < 0 ? null : stage,
    programVersion: PROGRAM_VERSION,
  });
}

/** @returns a summary for people. */
export async function openBundle(
  postern: Postern,
  address: AddressLink,
  bundle: Bundle,
): Promise<string> {
  const { directions, pair, measurements } = postern;
  const { link } = bundle;
  // Its directions, answers and adapters are in the tools.
  postern.attention.open('tools');
  if (link?.customPair && isSelected(link, pair)) {
    // The custom pair was offered when the file was first opened, and is loaded now.
    setFrom(link, postern);
    if (!pair.em?.server) await postern.chat.ask();
    address.compare(link, postern);
  } else if (link) await openLink(postern, address, link);
  const trained = await importAdapters(postern, bundle.adapters);
  const selected = bundle.stage === null ? null : (trained[bundle.stage] ?? null);
  if (!link && selected) await changePair(postern, selected.id);
  const { aligned } = pair;
  const taken = bundle.directions.map(
    (file) => aligned && savedDirectionFrom(file, aligned.config),
  );
  const restored = taken.filter((direction) => !!direction);
  for (const direction of restored) directions.restore(direction);
  const there = link === null || isSelected(link, pair);
  if (there) {
    const used = bundle.use.flatMap((i) => taken[i] ?? []);
    putInUse(directions, used, link);
  }
  for (const answers of bundle.answers) measurements.imported.add(answers);
  const answers = bundle.answers.reduce((sum, { rows }) => sum + rows.length, 0);
  const left = bundle.directions.length - restored.length;
  const adapters = trained.filter((adapter) => adapter !== null).length;
  const refused = trained.length - adapters;
  return (
    `Opened: ${restored.length} ${restored.length === 1 ? 'direction' : 'directions'} saved, ${answers} measured ` +
    `answers in the Measure tab.${adapters > 0 ? ` Fine-tunes in the Train tab: ${adapters}.` : ''}` +
    `${left > 0 ? ` Left out, because they do not fit the selected models: ${left} ${left === 1 ? 'direction' : 'directions'}.` : ''}` +
    `${left > 0 || (link?.customPair && !there) ? ' Load the pair that the session file was saved with first (Models tab), then open the file again.' : ''}` +
    `${refused > 0 ? ` Left out, because they do not fit the bundled model: ${refused}.` : ''}`
  );
}

/** Whether the selected pair is the one that a link was made with. */
function isSelected({ customPair, em: id, sha }: LinkState, pair: ModelPair): boolean {
  if (!customPair) return !pair.isCustom && pair.emEntry?.id === id;
  return pair.isCustom && pair.em !== undefined && (sha === null || pair.em.sha256.startsWith(sha));
}

/**
 * Uses the directions of the session file again, whatever the page has selected meanwhile; a direction that
 * was extracted again from the link's recipe stays.
 * @param used the direction to ablate along before the one at the last prompt token
 */
function putInUse(
  directions: Directions,
  used: readonly SavedDirection[],
  link: LinkState | null,
): void {
  if (used.length === 0) return;
  const means = used.filter(({ pooling }) => pooling === 'answer-mean');
  const cut = means[0] ?? null;
  const add = used.find(({ pooling }) => pooling === 'last-prompt') ?? means[1] ?? null;
  if (!link?.cut || !directions.current) {
    if (cut) directions.use(cut);
    else directions.currentId = null;
  }
  if (!link?.add || !directions.header) directions.headerId = add?.id ?? null;
}

/** Imports adapters that fit the bundled base, in their order; null for one that does not fit. */
async function importAdapters(
  { pair, training: { trainedAdapters } }: Postern,
  adapters: readonly BundledAdapter[],
): Promise<(TrainedAdapter | null)[]> {
  const base = pair.bundled && pair.checkpoint(pair.bundled.base.id);
  const taken: (TrainedAdapter | null)[] = [];
  for (const { about, config, weights } of adapters) {
    if (!base || !(await fits({ config, weights }, base.config))) {
      taken.push(null);
      continue;
    }
    const same = trainedAdapters.list.find(
      (one) => one.atMs === about.atMs && one.config === config,
    );
    if (same) {
      taken.push(same);
      continue;
    }
    const id = `trained:${Date.now().toString(36)}:${taken.length}`;
    const title = trainedAdapters.freeTitle(about.title);
    const adapter = { ...about, id, title, config, weights };
    await trainedAdapters.add(adapter);
    taken.push(adapter);
  }
  return taken;
}

/** @throws Error where that can't be determined. */
async function fits(
  adapter: Pick<BundledAdapter, 'config' | 'weights'>,
  base: ModelConfig,
): Promise<boolean> {
  const { result } = new FilesClient().open({ kind: 'adapter-fit', adapter, base });
  const found = await result;
  if (!found.ok) throw new Error(found.message);
  return found.value;
}

function savedDirectionFrom(
  file: DirectionFile,
  model: { readonly nLayers: number; readonly dModel: number },
): SavedDirection | null {
  const [candidate] = file.candidates;
  if (!candidate?.indices || !file.convention || !file.record) return null;
  const { nLayers, dModel } = model;
  const { dims } = file.record.vectors;
  if (dims[0] !== nLayers || dims[1] !== dModel) return null;
  const choice = {
    candidate,
    indices: candidate.indices,
    convention: file.convention,
    pooling: file.record.pooling ?? 'answer-mean',
  };
  return importDirection(file, choice, model, Date.now());
}

function linkText(postern: Postern, tab: string): string | null {
  try {
    return writeLink(linkOf(postern, tab).state);
  } catch (error) {
    // The question is too long for a link, or the pair is custom: the session file has no link.
    if (error instanceof LinkError) return null;
    throw error;
  }
}
