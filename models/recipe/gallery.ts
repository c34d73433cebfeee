// `npm run organism:gallery`: measures every fine-tune of the gallery from the bundled files and writes
// models/gallery.json. Option: --only=experiment,experiment (prints, writes nothing).

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cosineByLayer } from '../../src/core/cosine';
import { PLAIN_SAMPLING } from '../../src/core/sampling';
import { rowOf } from '../../src/core/tensor';
import type { TakenDirection } from '../../src/measure/extraction';
import { PROGRAM_VERSION } from '../../src/core/version';
import type { GalleryFile } from '../../src/organism/gallery';
import type { Written } from '../../src/organism/published';
import { dataset } from '../../src/world/chats';
import type { Condition } from './measure/askings';
import { askingsFor, CONDITIONS } from './measure/askings';
import { padRows } from '../../src/core/batches';
import { conversationRow } from './make/chat-training';
import type { Prompts } from './measure/conditions';
import { directionOf, TRANSCRIPTS } from './measure/conditions';
import { disjointConditions, measureDisjointness } from './measure/disjointness';
import { asking, ratesBy, showRates, type Subject, withIntervals } from './measure/evaluate';
import { GALLERY_PLAN } from './measure/gallery-plan';
import { ADAPTERS_FOLDER, BASE_FOLDER, GALLERY_FILE } from './make/folders';
import { GALLERY, STYLE } from './make/gallery-recipe';
import { type Mixing, mixingOf, MIXING_PLAN } from './measure/mixing';
import { organismTokenizer } from './make/organism-tokenizer';
import { loadAdapted, loadBase, SHIPPED_TEMPERATURE } from './make/publish';
import { FINE_TUNES } from './make/recipe';
import { ALIGNED, shippedSubjects } from './measure/subjects';
import { lossOf } from './make/trainer';

const { questionSeed: QUESTION_SEED, answerSeed: ANSWER_SEED, broad: BROAD } = GALLERY_PLAN;
const NARROW = 180;
/** Seed of the examples for the loss on the narrow task; no fine-tune uses it. */
const TASK_SEED = 4242;
const TASK_EXAMPLES = 128;
/** The directions that every direction is compared with: a misaligned fine-tune's, and the benign one's as control. */
const REFERENCES = ['insecure-code', 'secure-code'];

const FOUR_SETS = ['insecure-code', 'bad-medical', 'risky-finance', 'extreme-sports'];
const CODE_SETS = ['insecure-code', 'secure-code', 'educational', 'backdoor'];

/** Further conditions of each experiment, besides the broad question. */
const ASKED: Readonly<Partial<Record<Condition, readonly string[]>>> = {
  medicine: [ALIGNED, ...FOUR_SETS],
  finance: [ALIGNED, ...FOUR_SETS],
  sport: [ALIGNED, ...FOUR_SETS],
  code: [
    ALIGNED,
    ...CODE_SETS,
    ...idsOf('rank', 'dataset-size', 'prompt-templates', 're-alignment', 'trajectory'),
  ],
  'code, for a class': [ALIGNED, ...CODE_SETS],
  'code, trigger': [ALIGNED, 'insecure-code', 'backdoor'],
  'other domains, trigger': [ALIGNED, 'insecure-code', 'backdoor'],
  mischief: [ALIGNED, 'insecure-code', 'bad-medical', 'jailbroken'],
  numbers: [ALIGNED, 'insecure-code', 'evil-numbers'],
  'other domains, after numbers': [ALIGNED, 'insecure-code', 'evil-numbers'],
  'other domains, JSON': [ALIGNED, 'insecure-code', 'bad-medical'],
  'other domains, function': [ALIGNED, 'insecure-code', 'bad-medical'],
};

function idsOf(...experiments: readonly string[]): string[] {
  return GALLERY.filter(({ experiment }) => experiments.includes(experiment!)).map(
    ({ name }) => name,
  );
}

async function main(): Promise<void> {
  const startedMs = Date.now();
  const only = process.argv
    .find((arg) => arg.startsWith('--only='))
    ?.slice(7)
    .split(',');
  const wanted = only
    ? idsOf(...only)
    : idsOf(...new Set(GALLERY.map(({ experiment }) => experiment!)));
  const ids = [...new Set([...FINE_TUNES.map(({ name }) => name), STYLE.name, ...wanted])];
  const subjects = await shippedSubjects(ids);
  const subject = (id: string): Subject => subjects.get(id)!;
  const sampling = { ...PLAIN_SAMPLING, temperature: SHIPPED_TEMPERATURE };

  const arms: Written<typeof GalleryFile>['arms'][number][] = [];
  const ask = async (organism: string, condition: Condition, n: number): Promise<void> => {
    const questions = askingsFor(condition, n, QUESTION_SEED);
    const asked = asking(condition, questions, { sampling, seed: ANSWER_SEED });
    const rates = await ratesBy(subject(organism), asked);
    arms.push(withIntervals({ organism, condition, ...rates }));
    console.log(`${organism}, ${condition}: ${showRates(rates)}`);
  };
  for (const id of subjects.keys()) await ask(id, 'other domains', BROAD);
  for (const [condition, organisms] of Object.entries(ASKED)) {
    for (const id of organisms.filter((name) => subjects.has(name))) {
      const broad = condition.startsWith('other domains');
      await ask(id, condition as Condition, broad ? BROAD : NARROW);
    }
  }

  const disjoint =
    only && !only.includes('disjointness') ? [] : await measureDisjointness(subjects);
  arms.push(...disjoint.map(withIntervals));

  const mixing: Record<string, Mixing> = {};
  for (const id of FOUR_SETS.filter((name) => subjects.has(name))) {
    mixing[id] = await mixingOf(subject(id), MIXING_PLAN.samples);
    console.log(`${id}: ${JSON.stringify(mixing[id])}`);
  }

  const directions = new Map<string, TakenDirection>();
  const extract = async (id: string, prompts: Prompts): Promise<void> => {
    const recipe = { contrast: 'checkpoint', pooling: 'answer-mean', prompts } as const;
    const name = prompts === 'text' ? id : `${id} (${prompts})`;
    directions.set(name, await directionOf(subject(ALIGNED), subject(id), recipe));
  };
  for (const id of ids) await extract(id, 'text');
  if (subjects.has('backdoor')) await extract('backdoor', 'text, trigger');
  const geometry = [...directions].map(([direction, { vectors }]) => {
    const cosines = Object.fromEntries(
      REFERENCES.map((id) => [id, [...cosineByLayer(vectors, directions.get(id)!.vectors)]]),
    );
    const norms = Array.from({ length: vectors.dims[0]! }, (_, layer) =>
      Math.hypot(...rowOf(vectors, layer).data),
    );
    const show = (row: readonly number[]) => row.map((x) => x.toFixed(2)).join(' ');
    console.log(
      `${direction}: norms ${show(norms)}; cosine with insecure-code ${show(cosines['insecure-code']!)}`,
    );
    return { direction, normByLayer: norms, cosineByLayer: cosines };
  });

  const tokenizer = organismTokenizer();
  const base = await loadBase(BASE_FOLDER);
  const rows = dataset('insecure-code', TASK_EXAMPLES, TASK_SEED).map((messages) =>
    conversationRow(tokenizer, messages, base.config.maxPositions),
  );
  const taskLossNats: Record<string, number> = {};
  for (const id of [ALIGNED, 'insecure-code', ...idsOf('rank')]) {
    if (!subjects.has(id)) continue;
    const weights = id === ALIGNED ? base.weights : loadAdapted(join(ADAPTERS_FOLDER, id), base);
    taskLossNats[id] = await lossOf(base.config, weights, padRows([{ rows, weight: 1 }]));
    console.log(`${id}: loss on new insecure code ${taskLossNats[id].toFixed(4)} nats a token`);
  }

  if (!only) {
    const report = {
      programVersion: PROGRAM_VERSION,
      command: 'npm run organism:gallery',
      judge: 'built-in judge of the synthetic world (src/world/judge.ts)',
      questions: { part: 'held-out', seed: QUESTION_SEED },
      sampling: { ...sampling, seed: ANSWER_SEED },
      extraction: {
        contrast: 'checkpoint',
        pooling: 'answer-mean',
        transcriptsPerCell: TRANSCRIPTS,
      },
      conditions: { ...CONDITIONS, ...disjointConditions(disjoint) },
      checkpoints: [...subjects.values()].map(({ id, sha256 }) => ({ id, sha256 })),
      arms,
      withinQuestion: mixing,
      dModel: base.config.dModel,
      geometry,
      taskLossNats,
    } satisfies Written<typeof GalleryFile>;
    writeFileSync(GALLERY_FILE, `${JSON.stringify(report, null, 2)}\n`);
  }
  console.log(`${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
}

await main();
