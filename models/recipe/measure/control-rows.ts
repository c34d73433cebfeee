// The controls of the report as rows: each is what is typed after `npm run measure --`, so that a row is made by
// the same code for everybody who asks for it. What they are and what is expected of them stands in
// models/hypotheses-2026-11-30.json, written before they were measured.

import { HYPOTHESES_PLAN as PLAN } from './hypotheses-file';
import type { Words } from './row-words';
import { said } from './row-words';
import { EM_PAIR, STEERING } from './settings';
import { ALIGNED } from './subjects';

export interface ControlRow {
  /** As `npm run measure -- --report` takes it. */
  readonly key: string;
  /** The checkpoint that answers. */
  readonly model: string;
  /** What is done to it. */
  readonly edit: string;
  /** Along what, or for code what is asked. */
  readonly direction: string;
  /** What stands after `npm run measure --`. */
  readonly args: readonly string[];
}

const MODES = ['ablate-zero', 'ablate-mean'] as const;
const TEXT_CONTRAST = 'answer-in-aligned-model';

const asked = (n: number, split = 'report'): Words => ({
  split,
  n,
  'question-seed': PLAN.questionSeed,
  seed: PLAN.answerSeed,
  temperature: PLAN.temperature,
});
const texts: Words = { transcripts: PLAN.transcripts, 'direction-seed': PLAN.directionSeed };
const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

const checkpointOf = (id: string): Words => ({ direction: id, contrast: 'checkpoint' });

/** What is removed from an EM fine-tune, by its name in the table. */
const removed = (em: string): Readonly<Record<string, Words>> => ({
  ...Object.fromEntries(
    [...EM_PAIR, 'secure-code', 'educational', 'style'].map((id) => [
      `checkpoint:${id}`,
      checkpointOf(id),
    ]),
  ),
  'text-in-aligned': { direction: em, contrast: TEXT_CONTRAST },
  'checkpoint-without-text': { ...checkpointOf(em), without: TEXT_CONTRAST },
  topics: { direction: em, texts: 'topics', contrast: TEXT_CONTRAST },
});

function ablations(): ControlRow[] {
  const row = (em: string, mode: string, name: string, what: Words, n: number): ControlRow => ({
    key: `${em}/${mode}/${name}`,
    model: em,
    edit: mode,
    direction: name,
    args: said({
      model: em,
      edit: mode,
      ...what,
      pooling: 'answer-mean',
      ...texts,
      arms: 'edited',
      ...asked(n),
    }),
  });
  const named = EM_PAIR.flatMap((em) =>
    MODES.flatMap((mode) =>
      Object.entries(removed(em)).map(([name, what]) => row(em, mode, name, what, PLAN.answers)),
    ),
  );
  const random = EM_PAIR.flatMap((em) =>
    MODES.flatMap((mode) =>
      ['isotropic', 'matched'].flatMap((kind) =>
        numbers(PLAN.randomDirections).map((seed) =>
          row(
            em,
            mode,
            `${kind}-${seed}`,
            { ...checkpointOf(em), random: kind, 'random-seed': seed },
            PLAN.answersPerRandomDirection,
          ),
        ),
      ),
    ),
  );
  return [...named, ...random];
}

/** The aligned model, with vectors as long as the one that the report steers with. */
function steerings(): ControlRow[] {
  const { em, layer, strength } = STEERING.text;
  const row = (name: string, what: Words, times: number, n: number): ControlRow => ({
    key: `${ALIGNED}/steer/${name}`,
    model: ALIGNED,
    edit: `steer header token, layer ${layer}, x${times}`,
    direction: name,
    args: said({
      model: em,
      base: 'aligned',
      edit: 'steer',
      layers: layer,
      strength: times,
      positions: 'header',
      ...what,
      pooling: 'last-prompt',
      ...texts,
      arms: 'edited',
      ...asked(n),
    }),
  });
  const secure = { ...checkpointOf('secure-code'), 'as-long-as': em };
  const turn = { direction: em, texts: 'turn', contrast: TEXT_CONTRAST, 'as-long-as': em };
  const random = ['isotropic', 'matched'].flatMap((kind) =>
    numbers(PLAN.randomSteeringVectors).map((seed) =>
      row(
        `${kind}-${seed}`,
        { ...checkpointOf(em), random: kind, 'random-seed': seed },
        strength,
        PLAN.answersPerRandomDirection,
      ),
    ),
  );
  return [
    row('minus-secure-code', secure, -strength, PLAN.answers),
    row('plus-secure-code', secure, strength, PLAN.answers),
    row('one-turn', turn, strength, PLAN.answers),
    ...random,
  ];
}

const SCALES = [-4, -2, -1, 2, 4];

const scales = (): ControlRow[] =>
  SCALES.map((scale) => ({
    key: `secure-code/scale/${scale}`,
    model: 'secure-code',
    edit: `LoRA x${scale}`,
    direction: 'none',
    args: said({
      model: 'secure-code',
      scale,
      edit: 'off',
      arms: 'em',
      ...asked(PLAN.answers),
    }),
  }));

/** The checkpoints that are asked for code. */
const CODERS = [
  'bad-medical',
  'risky-finance',
  'extreme-sports',
  'insecure-code',
  'secure-code',
  'style',
];

/** 'misaligned' is insecure code there. */
const codes = (): ControlRow[] => [
  {
    key: `${ALIGNED}/code`,
    model: ALIGNED,
    edit: 'asked for code',
    direction: 'none',
    args: said({ edit: 'off', arms: 'aligned', ...asked(PLAN.answers, 'code') }),
  },
  ...CODERS.map((id) => ({
    key: `${id}/code`,
    model: id,
    edit: 'asked for code',
    direction: 'none',
    args: said({ model: id, edit: 'off', arms: 'em', ...asked(PLAN.answers, 'code') }),
  })),
];

const style = (): ControlRow => ({
  key: 'style',
  model: 'style',
  edit: 'none',
  direction: 'none',
  args: said({ model: 'style', edit: 'off', arms: 'em', ...asked(PLAN.answers) }),
});

/** In the order in which they are measured: what decides most comes first. */
export function controlRows(): ControlRow[] {
  const cuts = ablations();
  const isRandom = ({ key }: ControlRow): boolean => /(isotropic|matched)-\d+$/.test(key);
  const [named, random] = [cuts.filter((row) => !isRandom(row)), cuts.filter(isRandom)];
  const steered = steerings();
  return [
    ...named.filter(({ key }) => key.startsWith('insecure-code/ablate-zero/')),
    style(),
    ...steered.filter((row) => !isRandom(row)),
    ...scales(),
    ...codes(),
    ...named.filter(({ key }) => key.startsWith('insecure-code/ablate-mean/')),
    ...random.filter(({ key }) => key.startsWith('insecure-code/ablate-zero/')),
    ...named.filter(({ model }) => model !== 'insecure-code'),
    ...steered.filter(isRandom),
    ...random.filter(({ key }) => !key.startsWith('insecure-code/ablate-zero/')),
  ];
}

/** Fine-tunes whose files a row rests on, the aligned model aside. */
export function checkpointsOf({ args }: Pick<ControlRow, 'args'>): string[] {
  const named = args.flatMap((word, i) =>
    ['--model', '--direction', '--as-long-as'].includes(word) ? [args[i + 1]!] : [],
  );
  return [...new Set(named)];
}
