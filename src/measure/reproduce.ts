// Whether repeating a measurement now would give the same results. The Reproduce button promises that, so
// another pair, other weights or another direction are reported, with what to do.

import { scaledFrom } from '../checkpoint/adapter/adapter-scale';
import { describeDirection, idWithSecond, type TakenDirection } from './extraction';
import { DRAWN_BEFORE, type MeasurePlan } from './run';
import type { LoadedCheckpoint } from '../../workers/api';

/** The current selection, and the models that could be selected. */
interface Selected {
  readonly aligned: LoadedCheckpoint | undefined;
  readonly em: LoadedCheckpoint | undefined;
  readonly registry: {
    readonly base: { readonly id: string };
    readonly adapters: readonly { readonly id: string }[];
  } | null;
  checkpoint(id: string): LoadedCheckpoint | undefined;
  titleOf(id: string): string;
}

/**
 * Why a measurement can't be reproduced now, for people; null: it can.
 * @param direction that the plan's edit would use now; null: it would edit nothing
 */
export function reproduceBlocker(
  plan: MeasurePlan,
  selected: Selected,
  direction: TakenDirection | null,
): string | null {
  if (plan.drawing !== undefined) return `Nothing was run. ${DRAWN_BEFORE}`;
  const why =
    otherPair(plan, selected) ?? otherWeights(plan, selected) ?? otherDirection(plan, direction);
  return why && `Nothing was run, and what was counted stands: ${why}`;
}

function otherPair({ arms }: MeasurePlan, selected: Selected): string | null {
  const { aligned, em } = selected;
  if (!aligned || !em) return 'the models are not loaded yet. Wait until they are, then try again.';
  const of = (id: string) => arms.find((arm) => arm.id === id)?.checkpoint;
  const then = [of('aligned') ?? aligned.id, of('em') ?? em.id];
  const now = [aligned.id, em.id];
  if (then.every((id, i) => id === now[i])) return null;
  const [were, are] = [then, now].map((ids) => ids.map((id) => selected.titleOf(id)).join(' and '));
  return `it was measured on ${were}, and ${are} are selected now. Select the former pair (Models tab), then try again.`;
}

function otherWeights({ arms }: MeasurePlan, selected: Selected): string | null {
  const { registry } = selected;
  const listed = [registry?.base, ...(registry?.adapters ?? [])].map((entry) => entry?.id);
  const needed = arms.flatMap((arm) =>
    arm.amplify ? [arm, { ...arm.amplify, checkpoint: arm.amplify.against }] : [arm],
  );
  for (const { checkpoint, sha256, precision = 'f32' } of needed) {
    const loaded = selected.checkpoint(checkpoint);
    const title = selected.titleOf(checkpoint);
    const of = scaledFrom(checkpoint)?.id;
    if (!loaded && !listed.includes(checkpoint) && !listed.includes(of)) {
      return `${title} was measured too, and is no longer in the list of models. Bring it back, or measure again without it.`;
    }
    if (loaded && (loaded.sha256 !== sha256 || loaded.precision !== precision)) {
      return `the weights of ${title} were others (${sha256.slice(0, 7)}, ${precision}) than those loaded now (${loaded.sha256.slice(0, 7)}, ${loaded.precision}). Load the former again (Models tab), or measure again to compare.`;
    }
  }
  return null;
}

function otherDirection({ arms }: MeasurePlan, now: TakenDirection | null): string | null {
  const edited = arms.find(({ edit }) => edit !== null);
  if (!edited) {
    return now === null
      ? null
      : `nothing was edited then, and the edit of then would now act along "${describeDirection(now)}". Turn the edit off and measure again.`;
  }
  if (now && edited.directionId === idWithSecond(now)) return null;
  const names = arms.flatMap(({ made }) => made.direction ?? []);
  const was = names[0] ?? edited.directionId ?? 'a direction that was not written down';
  const name = now && describeDirection(now);
  const is =
    name === null
      ? 'no direction in use now allows it'
      : name === was
        ? 'another one of that name is in use now'
        : `"${name}" is in use now`;
  return `its edit was along "${was}", and ${is}. Put the former in use again (Direction tab: choose it among the kept ones, or extract it), then try again.`;
}
