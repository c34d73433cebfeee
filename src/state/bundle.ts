// The page as a bundle, and a bundle as the page: what a link carries, and beside it every direction on the
// shelf, the answers that were measured, and the adapters that were trained here.

import { CheckpointError } from '../checkpoint/error';
import { readAdapter } from '../checkpoint/peft';
import { PROGRAM_VERSION } from '../core/version';
import {
  type Bundle,
  type BundledAdapter,
  type BundleToWrite,
  writeBundle,
} from '../formats/bundle';
import type { DirectionFile } from '../formats/direction-file';
import { LinkError, writeLink } from '../formats/link';
import type { HeldDirection } from './directions.svelte';
import { importDirection, recordOf } from './imported-direction';
import type { AddressLink } from './link.svelte';
import { linkOf } from './link.svelte';
import type { Postern } from './postern';
import { changePair, openLink } from './start-up';
import type { TrainedAdapter } from './trained-adapters';

/** @param answers measured answers as JSON lines, by name */
export function bundleOf(
  postern: Postern,
  tab: string,
  answers: BundleToWrite['answers'],
): Uint8Array<ArrayBuffer> {
  const { list, current, header } = postern.directions;
  const { shelf } = postern.training;
  const stage = shelf.list.findIndex(({ id }) => shelf.onStage(id));
  const use = list.flatMap((held, i) => (held === current || held === header ? [i] : []));
  return writeBundle({
    link: linkText(postern, tab),
    directions: list.map(recordOf),
    use,
    answers,
    adapters: shelf.list.map(({ id: _, config, weights, ...about }) => ({
      about,
      config,
      weights,
    })),
    stage: stage < 0 ? null : stage,
    programVersion: PROGRAM_VERSION,
  });
}

/** What came of a bundle, in words. */
export async function openBundle(
  postern: Postern,
  address: AddressLink,
  bundle: Bundle,
): Promise<string> {
  const { directions, pair, measurements } = postern;
  if (bundle.link) await openLink(postern, address, bundle.link);
  const trained = await takeAdapters(postern, bundle.adapters);
  const onStage = bundle.stage === null ? null : (trained[bundle.stage] ?? null);
  if (!bundle.link && onStage) await changePair(postern, onStage.id);
  let taken = 0;
  for (const [i, file] of bundle.directions.entries()) {
    const held = pair.aligned && heldFrom(file, pair.aligned.config);
    if (!held) continue;
    taken += 1;
    directions.restore(held);
    // One that was extracted here again, by its recipe, stays in use.
    const inUse = held.pooling === 'answer-mean' ? directions.current : directions.header;
    if (bundle.use.includes(i) && !inUse) directions.use(held);
  }
  for (const answers of bundle.answers) measurements.imported.add(answers);
  const answers = bundle.answers.reduce((sum, { rows }) => sum + rows.length, 0);
  const left = bundle.directions.length - taken;
  const adapters = trained.filter((adapter) => adapter !== null).length;
  const refused = trained.length - adapters;
  return (
    `Opened: ${taken} ${taken === 1 ? 'direction' : 'directions'} on the shelf, ${answers} measured ` +
    `answers in the Measure tab.${adapters > 0 ? ` Organisms in the Train tab: ${adapters}.` : ''}` +
    `${left > 0 ? ` ${left} directions do not fit the pair on stage.` : ''}` +
    `${refused > 0 ? ` Left out, because they do not fit the bundled model: ${refused}.` : ''}`
  );
}

/** Keeps those that fit the bundled base, each in its place; null for one that does not. */
async function takeAdapters(
  { pair, training: { shelf } }: Postern,
  adapters: readonly BundledAdapter[],
): Promise<(TrainedAdapter | null)[]> {
  const base = pair.bundled && pair.checkpoint(pair.bundled.base.id);
  const taken: (TrainedAdapter | null)[] = [];
  for (const { about, config, weights } of adapters) {
    if (!base || !fits(config, weights, base.config)) {
      taken.push(null);
      continue;
    }
    const same = shelf.list.find((one) => one.atMs === about.atMs && one.config === config);
    if (same) {
      taken.push(same);
      continue;
    }
    const id = `trained:${Date.now().toString(36)}:${taken.length}`;
    const title = shelf.freeTitle(about.title);
    const adapter = { ...about, id, title, config, weights };
    await shelf.add(adapter);
    taken.push(adapter);
  }
  return taken;
}

function fits(
  config: string,
  weights: Uint8Array,
  base: Parameters<typeof readAdapter>[2],
): boolean {
  const names = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' };
  try {
    readAdapter(config, weights, base, names);
    return true;
  } catch (error) {
    if (error instanceof CheckpointError) return false;
    throw error;
  }
}

function heldFrom(
  file: DirectionFile,
  model: { readonly nLayers: number; readonly dModel: number },
): HeldDirection | null {
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
    // A question too long for a link, or a pair of the person's own: the bundle goes without.
    if (error instanceof LinkError) return null;
    throw error;
  }
}
