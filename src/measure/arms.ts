// The arms of a measurement: the four default ones (aligned, fine-tuned, edited, random control of equal
// length), and any further checkpoint, unedited or with the current edit.

import type { LoadedCheckpoint } from '../../workers/api';
import type { EditSettings } from '../core/edit';
import { describeAmplify } from '../core/instruments/amplify';
import { describeEdit, packSettings } from './describe-edit';
import { describeDirection, idWithSecond, type TakenDirection } from './extraction';
import type { MeasureArm } from './run';
import { describeCheckpoint } from './provenance';

/** The settings and the direction of an edited arm. */
export interface ArmEdit {
  readonly settings: EditSettings;
  /** The direction that the edit acts along. */
  readonly direction: TakenDirection;
  /** Replaces the direction by a random one of equal norm; null: the edit uses the real one. */
  readonly randomSeed: number | null;
}

type Named = Pick<LoadedCheckpoint, 'id' | 'sha256' | 'precision' | 'server'>;

/** The aligned model, and a of the difference to it that an arm amplifies. */
export interface ArmAmplify {
  readonly against: Pick<LoadedCheckpoint, 'id' | 'sha256' | 'precision'>;
  readonly times: number;
}

/** Amplification and edit for a settings line; null: neither. */
export function describeChange(amplify: ArmAmplify | null, edit: string | null): string | null {
  const difference = amplify && describeAmplify(amplify.times, describeCheckpoint(amplify.against));
  const parts = [edit, difference].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join('; ');
}

/**
 * One arm.
 * @param seed of the measurement, for the settings line
 * @param amplify null: the checkpoint writes alone
 * @param pack the form in which the edit is planned; left out: packed
 * @throws RangeError for an edit that does not fit its direction.
 */
export function armOf(
  id: string,
  label: string,
  checkpoint: Named,
  edit: ArmEdit | null,
  seed: number,
  amplify: ArmAmplify | null = null,
  pack: (edit: ArmEdit) => MeasureArm['edit'] = packArm,
): MeasureArm {
  const description =
    edit && describeEdit(edit.settings, edit.randomSeed, edit.direction.second !== undefined);
  const acts = description === null ? null : edit;
  return {
    id,
    label,
    checkpoint: checkpoint.id,
    sha256: checkpoint.sha256,
    ...(checkpoint.server
      ? { server: checkpoint.server.name }
      : { precision: checkpoint.precision }),
    edit: acts && pack(acts),
    positions: acts?.settings.positions ?? 'all',
    ...(acts ? { directionId: idWithSecond(acts.direction) } : {}),
    ...(amplify
      ? {
          amplify: {
            against: amplify.against.id,
            sha256: amplify.against.sha256,
            precision: amplify.against.precision,
            times: amplify.times,
          },
        }
      : {}),
    made: {
      checkpoint: describeCheckpoint(checkpoint),
      direction: acts && acts.randomSeed === null ? describeDirection(acts.direction) : null,
      edit: describeChange(amplify, description),
      seed,
    },
  };
}

const packArm = ({ settings, direction, randomSeed }: ArmEdit): MeasureArm['edit'] =>
  packSettings(settings, direction, direction, randomSeed);

/** An arm that the user added. */
export interface ExtraArm {
  readonly checkpoint: string;
  /** With the current edit, or unedited. */
  readonly edited: boolean;
}

/**
 * The added arms without duplicates. Without a current edit, all of them are unedited.
 * @param edit the current edit
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

/** Ids of the default arms. */
export const DEFAULT_ARMS = ['aligned', 'em', 'edited', 'random'] as const;
type DefaultId = (typeof DEFAULT_ARMS)[number];

const acts = (edit: ArmEdit | null): boolean => edit !== null && edit.settings.mode !== 'off';

/**
 * All four, or two without an edit. If the edit is already a random control, there is no second one.
 * @param ofItsOwn the edited column is neither of the two without an edit: its LoRA is scaled, or the difference amplified
 */
export function defaultIds(edit: ArmEdit | null, ofItsOwn: boolean): readonly DefaultId[] {
  if (!acts(edit)) return ['aligned', 'em', ...(ofItsOwn ? (['edited'] as const) : [])];
  return ['aligned', 'em', 'edited', ...(edit?.randomSeed === null ? (['random'] as const) : [])];
}

/**
 * The arms of `defaultIds`.
 * @param base the model that is edited: one of the two, or the fine-tune with its LoRA scaled
 * @param amplify of the edited model and its control; null: none
 */
export function defaultArms(
  aligned: Named,
  em: Named,
  base: Named,
  edit: ArmEdit | null,
  seed: number,
  amplify: ArmAmplify | null = null,
): MeasureArm[] {
  const control = edit && { ...edit, randomSeed: seed };
  const build: Readonly<Record<DefaultId, () => MeasureArm>> = {
    aligned: () => armOf('aligned', 'Aligned', aligned, null, seed),
    em: () => armOf('em', 'Fine-tuned', em, null, seed),
    edited: () => armOf('edited', 'Edited', base, edit, seed, amplify),
    random: () => armOf('random', 'Random control', base, control, seed, amplify),
  };
  const ofItsOwn = amplify !== null || (base.id !== aligned.id && base.id !== em.id);
  return defaultIds(edit, ofItsOwn).map((id) => build[id]());
}
