// Which arms a measurement has: the four of every visit (aligned, EM, edited, random control of equal
// length), and any further checkpoint with no edit or with the present one.

import type { LoadedCheckpoint } from '../../workers/api';
import type { EditSettings } from '../core/edit';
import { describeEdit, packSettings } from './describe-edit';
import { describeDirection, type TakenDirection } from './extraction';
import type { MeasureArm } from './run';
import { describeCheckpoint } from './provenance';

/** What an edited arm is made of. */
export interface ArmEdit {
  readonly settings: EditSettings;
  /** The direction the edit acts along. */
  readonly direction: TakenDirection;
  /** Puts a random direction of equal norm in its place; null edits along the real one. */
  readonly randomSeed: number | null;
}

type Named = Pick<LoadedCheckpoint, 'id' | 'sha256' | 'precision'>;

/**
 * One arm.
 * @param seed of the measurement, said on the chip
 * @throws RangeError for an edit that does not fit its direction.
 */
export function armOf(
  id: string,
  label: string,
  checkpoint: Named,
  edit: ArmEdit | null,
  seed: number,
): MeasureArm {
  const words = edit && describeEdit(edit.settings, edit.randomSeed);
  const acts = words === null ? null : edit;
  return {
    id,
    label,
    checkpoint: checkpoint.id,
    sha256: checkpoint.sha256,
    precision: checkpoint.precision,
    edit: acts && packSettings(acts.settings, acts.direction, acts.direction, acts.randomSeed),
    positions: acts?.settings.positions ?? 'all',
    ...(acts ? { directionId: acts.direction.id } : {}),
    made: {
      checkpoint: describeCheckpoint(checkpoint),
      direction: acts && acts.randomSeed === null ? describeDirection(acts.direction) : null,
      edit: words,
      seed,
    },
  };
}

/** Further arms that a person asked for. */
export interface ExtraArm {
  readonly checkpoint: string;
  /** Under the present edit, or as trained. */
  readonly edited: boolean;
}

/**
 * The further arms as they are measured, each once: where nothing is edited, all of them are as trained.
 * @param edit the present one
 */
export function measuredExtras(
  extras: readonly ExtraArm[],
  edit: ArmEdit | null,
): readonly ExtraArm[] {
  if (acts(edit)) return extras;
  const checkpoints = new Set(extras.map(({ checkpoint }) => checkpoint));
  return [...checkpoints].map((checkpoint) => ({ checkpoint, edited: false }));
}

export const extraId = ({ checkpoint, edited }: ExtraArm): string =>
  `${checkpoint}${edited ? ', edited' : ''}`;

/** Ids of the arms of every visit. */
export const DEFAULT_ARMS = ['aligned', 'em', 'edited', 'random'] as const;
type DefaultId = (typeof DEFAULT_ARMS)[number];

const acts = (edit: ArmEdit | null): boolean => edit !== null && edit.settings.mode !== 'off';

/** The four, or two when nothing is edited. A desk that already holds a random control has no second one. */
export function defaultIds(edit: ArmEdit | null): readonly DefaultId[] {
  if (!acts(edit)) return ['aligned', 'em'];
  return ['aligned', 'em', 'edited', ...(edit?.randomSeed === null ? (['random'] as const) : [])];
}

/**
 * The arms of `defaultIds`.
 * @param base what the edit is made to
 */
export function defaultArms(
  aligned: Named,
  em: Named,
  base: Named,
  edit: ArmEdit | null,
  seed: number,
): MeasureArm[] {
  const control = edit && { ...edit, randomSeed: seed };
  const made: Readonly<Record<DefaultId, () => MeasureArm>> = {
    aligned: () => armOf('aligned', 'Aligned', aligned, null, seed),
    em: () => armOf('em', 'EM', em, null, seed),
    edited: () => armOf('edited', 'Edited', base, edit, seed),
    random: () => armOf('random', 'Random control', base, control, seed),
  };
  return defaultIds(edit).map((id) => made[id]());
}
