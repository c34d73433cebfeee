// The edits of a link (link.ts): that of the edited column, and with a 2 behind each name that of a second one.

import * as v from 'valibot';
import { MAX_LORA_SCALE } from '../checkpoint/adapter/adapter-scale';
import { MAX_AMPLIFY, MIN_AMPLIFY } from '../core/instruments/amplify';
import { EDIT_BASES, EDIT_MODES, EDIT_POSITIONS, type EditSettings } from '../core/edit';
import { decimal, layers, layersText, MAX_LAYERS, MAX_SEED, natural } from './link-values';

export interface LinkEdit extends EditSettings {
  readonly base: 'aligned' | 'em';
  readonly randomSeed: number | null;
  /** Times that the LoRA of the fine-tune counts; left out: 1. */
  readonly loraScale?: number;
  /** a of the difference to the aligned model that is amplified; left out: 0. */
  readonly amplify?: number;
}

const MAX_STRENGTH = 1000;

const on = v.optional(v.picklist(EDIT_BASES));
const edit = v.optional(v.picklist(EDIT_MODES));
const by = v.optional(decimal(-MAX_STRENGTH, MAX_STRENGTH));
const chosen = v.optional(layers);
const from = v.optional(v.union([v.literal('own'), natural(MAX_LAYERS - 1)]));
const at = v.optional(v.picklist(EDIT_POSITIONS));
const random = v.optional(natural(MAX_SEED));
const lora = v.optional(decimal(-MAX_LORA_SCALE, MAX_LORA_SCALE));
const amplify = v.optional(decimal(MIN_AMPLIFY, MAX_AMPLIFY));

export const EDIT_FIELDS = {
  ...{ on, edit, by, layers: chosen, from, at, random, lora, amplify },
  ...{ on2: on, edit2: edit, by2: by, layers2: chosen, from2: from, at2: at },
  ...{ random2: random, lora2: lora, amplify2: amplify },
};

type EditFields = v.InferOutput<ReturnType<typeof v.object<typeof EDIT_FIELDS>>>;
/** '' for the first edit. */
type Which = '' | '2';

export function editFields(
  settings: LinkEdit | null,
  which: Which = '',
): [string, string | null][] {
  if (!settings) return [];
  const { base, mode, strength, source, positions, randomSeed, loraScale = 1 } = settings;
  const { amplify: times = 0 } = settings;
  return [
    [`on${which}`, base],
    [`edit${which}`, mode],
    [`by${which}`, String(strength)],
    [`layers${which}`, layersText(settings.layers)],
    [`from${which}`, source.kind === 'own' ? 'own' : String(source.layer)],
    [`at${which}`, positions],
    [`random${which}`, randomSeed === null ? null : String(randomSeed)],
    [`lora${which}`, loraScale === 1 ? null : String(loraScale)],
    [`amplify${which}`, times === 0 ? null : String(times)],
  ];
}

/** Null where a link has no such edit; a sentence where its fields do not fit each other. */
export function editOf(f: EditFields, which: Which = ''): LinkEdit | string | null {
  const named =
    which === ''
      ? f
      : {
          ...{ on: f.on2, edit: f.edit2, by: f.by2, layers: f.layers2, from: f.from2, at: f.at2 },
          ...{ random: f.random2, lora: f.lora2, amplify: f.amplify2 },
        };
  const { on: base, edit: mode, by: strength, layers: those, from: source, at: positions } = named;
  const { lora: scale, amplify: times, random: seed } = named;
  const settings = [base, mode, strength, those, source, positions];
  const some = settings.filter((field) => field !== undefined).length;
  if (some > 0 && some < settings.length) return 'it has only part of an edit';
  if (scale !== undefined && (some === 0 || base === 'aligned')) {
    return 'it scales the LoRA of a column that has none';
  }
  if (times !== undefined && (some === 0 || base === 'aligned')) {
    return 'it amplifies the difference of a column that has none';
  }
  if (times !== undefined && scale !== undefined) {
    return 'it scales the LoRA and amplifies the difference, and a column does one of them';
  }
  if (some === 0) return null;
  if (typeof source === 'number' && source >= those!.length) {
    return `"from${which}" names layer ${source} of ${those!.length}`;
  }
  return {
    base: base!,
    mode: mode!,
    strength: strength!,
    layers: those!,
    source: source === 'own' ? { kind: 'own' } : { kind: 'layer', layer: source! },
    positions: positions!,
    randomSeed: seed ?? null,
    ...(scale === undefined ? {} : { loraScale: scale }),
    ...(times === undefined ? {} : { amplify: times }),
  };
}
