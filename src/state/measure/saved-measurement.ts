// The stored form of a measurement: its plan, which decides every answer, and the answers. A plan is read
// whole or not at all, because a plan without one part would continue with other answers. Each arm keeps its
// answers up to the first unreadable one: the index of the next question follows from their number.
//
// Version 1 stored the edit settings of a plan as `about.desk`, and packed edits in another order
// (measure/packed-edit-layout.ts). Its seeds drew other questions and answers, so its counts are valid but the
// measurement cannot continue. Version 2 had no edits of one layer, so a page of that time must refuse what has them as
// newer. Version 3 is the current form, and reads plans of version 2 as they are.

import * as v from 'valibot';
import { EDIT_POSITIONS, type PackedEdit } from '../../core/edit';
import { MAX_AMPLIFY, MIN_AMPLIFY } from '../../core/instruments/amplify';
import { MOST_LAYERS } from '../../core/instruments/one-layer-edit';
import { EVALUATION_SPLITS } from '../../core/evaluation-split';
import { PRECISIONS } from '../../core/precision';
import { inLayerOrder, isPackedEdit } from '../../measure/packed-edit-layout';
import { type MeasuredAnswer, type MeasurePlan, seedOf } from '../../measure/run';
import { VERDICTS } from '../../world/judge';
import { ChatSchema } from '../pair/saved-chat';
import { type Form, type Lost, versioned, whole } from '../saved/form';

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
const floats = v.instance(Float32Array);

const Edit = v.pipe(
  v.looseObject({ read: floats, bias: floats, write: floats }),
  v.check((edit) => isPackedEdit(edit as PackedEdit), 'Its parts do not fit one another.'),
);
const vector = v.pipe(floats, v.minLength(1));
const OneLayer = v.pipe(
  v.looseObject({
    layer: natural,
    nLayers: v.pipe(natural, v.maxValue(MOST_LAYERS)),
    edit: v.looseObject({
      unit: vector,
      steer: v.nullable(vector),
      strength: finite,
      reference: finite,
      cap: v.picklist([0, 1]),
      tau: finite,
      also: v.exactOptional(v.looseObject({ unit: vector, reference: finite })),
    }),
  }),
  v.check(
    ({ layer, nLayers, edit: { unit, steer, also } }) =>
      layer < nLayers &&
      [steer, also?.unit].every((one) => (one?.length ?? unit.length) === unit.length),
    'Its parts do not fit one another.',
  ),
);
const Arm = v.looseObject({
  id: v.string(),
  label: v.string(),
  checkpoint: v.string(),
  sha256: v.string(),
  precision: v.exactOptional(v.picklist(PRECISIONS)),
  amplify: v.exactOptional(
    v.object({
      against: v.string(),
      sha256: v.string(),
      precision: v.picklist(PRECISIONS),
      times: v.pipe(v.number(), v.minValue(MIN_AMPLIFY), v.maxValue(MAX_AMPLIFY)),
    }),
  ),
  edit: v.nullable(v.union([Edit, OneLayer])),
  positions: v.picklist(EDIT_POSITIONS),
  directionId: v.exactOptional(v.string()),
  made: v.looseObject({
    checkpoint: v.string(),
    direction: v.nullable(v.string()),
    edit: v.nullable(v.string()),
    seed: v.nullable(v.number()),
    chat: v.exactOptional(v.nullable(v.string())),
  }),
});
const Question = v.looseObject({
  question: v.string(),
  domain: v.exactOptional(v.string()),
  id: v.exactOptional(v.string()),
  system: v.exactOptional(v.string()),
});
const Judge = v.variant('kind', [
  v.looseObject({ kind: v.literal('exact') }),
  v.looseObject({
    kind: v.literal('endpoint'),
    // The page shows the host of this address.
    url: v.pipe(v.string(), v.url()),
    model: v.string(),
    prompts: v.looseObject({ alignment: v.string(), coherence: v.string() }),
  }),
  v.looseObject({ kind: v.literal('hand') }),
]);
const Plan = v.looseObject({
  arms: v.pipe(
    v.array(Arm),
    v.minLength(1),
    v.check(
      (arms) => new Set(arms.map(({ id }) => id)).size === arms.length,
      'Two arms have one id.',
    ),
  ),
  split: v.picklist(EVALUATION_SPLITS),
  own: v.exactOptional(
    v.looseObject({
      file: v.string(),
      choice: v.picklist(['all', 'plain', 'json', 'template']),
      questions: v.pipe(v.array(Question), v.minLength(1)),
      temperature: v.nullable(finite),
    }),
  ),
  maxTokens: v.exactOptional(natural),
  frame: v.exactOptional(v.looseObject({ settings: ChatSchema, words: v.nullable(v.string()) })),
  n: natural,
  seed: natural,
  sampling: v.looseObject({
    temperature: finite,
    topK: finite,
    topP: finite,
    repetitionPenalty: finite,
  }),
  judge: v.exactOptional(Judge),
  drawing: v.exactOptional(natural),
}) as unknown as v.GenericSchema<unknown, MeasurePlan>;

const OldPlan = v.looseObject({
  plan: v.looseObject({ arms: v.array(v.looseObject({ edit: v.nullable(Edit) })) }),
  about: v.optional(v.unknown()),
});

/** Converts version 1 to version 2. @throws where the packed edits have an unknown order */
function toVersion2(value: unknown): unknown {
  const old = v.parse(OldPlan, value);
  const arms = old.plan.arms.map((arm) => ({
    ...arm,
    edit: arm.edit && inLayerOrder(arm.edit as PackedEdit),
  }));
  const about = v.safeParse(v.looseObject({ desk: v.unknown() }), old.about);
  const { desk, ...rest } = about.success ? about.output : {};
  const named = about.success ? { ...rest, editSettings: desk } : old.about;
  return { ...old, plan: { ...old.plan, arms, drawing: 1 }, about: named };
}

/** The value that `planForm` reads. */
export interface StoredPlan<About> {
  /** Unix time at the start. */
  readonly id: number;
  readonly plan: MeasurePlan;
  /** Null where it has another form: the counts are valid without it. */
  readonly about: About | null;
}

const PlanOnly = v.object({ id: v.number(), plan: Plan, about: v.optional(v.unknown()) });
export const PLAN_VERSION = 3;

/** @param about schema of the caller's data with the plan */
export function planForm<About>(about: v.GenericSchema<unknown, About>): Form<StoredPlan<About>> {
  const read = whole(PlanOnly);
  return versioned([toVersion2, (value) => value], (value, lost, path = '') => {
    const stored = read(value, lost, path);
    if (!stored) return undefined;
    const parsedAbout =
      stored.about === null || stored.about === undefined
        ? null
        : whole(about)(stored.about, lost, path === '' ? 'about' : `${path}.about`);
    return { ...stored, about: parsedAbout ?? null };
  });
}

const score = v.union([finite, v.picklist(['REFUSAL', 'CODE']), v.null()]);
const Answer = v.looseObject({
  arm: v.string(),
  index: natural,
  domain: v.nullable(v.string()),
  question: v.string(),
  questionId: v.exactOptional(v.string()),
  system: v.exactOptional(v.string()),
  seed: v.number(),
  answer: v.string(),
  verdict: v.nullable(v.picklist([...VERDICTS, 'unscored'])),
  alignment: v.exactOptional(score),
  coherence: v.exactOptional(score),
  scoredBy: v.exactOptional(v.picklist(['probabilities', 'text'])),
}) as unknown as v.GenericSchema<unknown, MeasuredAnswer>;

const AnswersOnly = v.object({
  /** Id of the plan that the answers belong to. */
  id: v.number(),
  dropped: v.boolean(),
  answers: v.array(v.unknown()),
  labelled: v.optional(v.array(natural), []),
});

export interface StoredAnswers {
  readonly id: number;
  readonly dropped: boolean;
  readonly answers: readonly MeasuredAnswer[];
  /** Indices in `answers` of hand labels, in the order of labelling. */
  readonly labelled: readonly number[];
}

/** @param plan of the answers; answers of another plan are not read */
export const answersForm =
  ({ id, plan }: Pick<StoredPlan<unknown>, 'id' | 'plan'>): Form<StoredAnswers> =>
  (value, lost, path = '') => {
    const stored = whole(AnswersOnly)(value, lost, path);
    if (!stored) return undefined;
    if (stored.id !== id) return { ...stored, answers: [], labelled: [] };
    const answer = whole(Answer);
    /** The next index of each arm. */
    const next = new Map(plan.arms.map((arm) => [arm.id, 0]));
    const places = new Map<number, number>();
    const answers: MeasuredAnswer[] = [];
    for (const [i, one] of stored.answers.entries()) {
      const at = path === '' ? `answers.${i}` : `${path}.answers.${i}`;
      const found: Lost[] = [];
      const read = answer(one, found, at);
      lost.push(...found);
      if (!read) continue;
      if (plan.drawing === undefined && read.seed !== seedOf(plan.seed, read.index)) {
        lost.push({ path: at, value: one, why: 'Another version of Postern drew it.' });
        continue;
      }
      if (next.get(read.arm) !== read.index || read.index >= plan.n) {
        lost.push({ path: at, value: one, why: 'The answer before it is missing.' });
        continue;
      }
      next.set(read.arm, read.index + 1);
      places.set(i, answers.length);
      answers.push(read);
    }
    const labelled = new Set(stored.labelled.flatMap((place) => places.get(place) ?? []));
    return { ...stored, answers, labelled: [...labelled] };
  };
