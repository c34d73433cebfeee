// `npm run organism:report`: measures the shipped files on the REPORT domains, held-out questions only,
// and writes models/report.json. `--quick` measures a smaller sample and prints one line of JSON.

import { readFileSync, writeFileSync } from 'node:fs';
import { cosineByLayer } from '../../src/core/cosine';
import { randomDirectionLike } from '../../src/core/edit';
import { createRng } from '../../src/core/rng';
import type { Sampling } from '../../src/core/sampling';
import { PLAIN_SAMPLING } from '../../src/core/sampling';
import { evaluationQuestions } from '../../src/world/split';
import { writeCardTables } from './card';
import type { NamedSubject } from './conditions';
import { PROGRAM_VERSION } from '../../src/core/version';
import { appliedEdit, directionOf, TRANSCRIPTS } from './conditions';
import type { AppliedEdit, JudgedAnswer, Rates } from './evaluate';
import { ratesOf, showRates, withIntervals } from './evaluate';
import { GATES_FILE, REPORT_FILE } from './folders';
import type { Gates } from './gates';
import { mixingOf } from './mixing';
import { SHIPPED_TEMPERATURE } from './publish';
import { ABLATION, EM_PAIR, STEERING } from './settings';
import { ALIGNED, shippedSubjects } from './subjects';

const QUESTION_SEED = 90_210;
const ANSWER_SEED = 31_337;
/** The checkpoints of the main table; the gallery has a report of its own. */
const MAIN = [...EM_PAIR, 'secure-code'];
const RANDOM_SEEDS = [1, 2, 3, 4, 5];

interface Arm extends Rates {
  readonly name: string;
  readonly temperature: number;
}

interface EditArm extends Rates {
  readonly model: string;
  readonly edit: string;
  readonly direction: string;
  readonly temperature: number;
}

interface Cosines {
  readonly a: string;
  readonly b: string;
  readonly byLayer: readonly number[];
}

const quick = process.argv.includes('--quick');
const n = quick ? 156 : 600;

function samplingAt(temperature: number): Sampling {
  return { ...PLAIN_SAMPLING, temperature };
}

async function ask(
  { subject }: NamedSubject,
  temperature: number,
  edit?: AppliedEdit,
): Promise<JudgedAnswer[]> {
  const askings = evaluationQuestions('report', n, QUESTION_SEED).map((asked) => ({
    before: [],
    asked,
  }));
  return subject.answers(askings, {
    sampling: samplingAt(temperature),
    seed: ANSWER_SEED,
    ...(edit ? { edit } : {}),
  });
}

async function main(): Promise<void> {
  const startedMs = Date.now();
  const subjects = await shippedSubjects(MAIN);
  const subject = (id: string): NamedSubject => subjects.get(id)!;
  const arms: Arm[] = [];
  const edits: EditArm[] = [];
  const cosines: Cosines[] = [];
  const say = (text: string) => console.log(text);

  for (const temperature of quick ? [SHIPPED_TEMPERATURE] : [SHIPPED_TEMPERATURE, 1]) {
    for (const [id, named] of subjects) {
      const rates = ratesOf(await ask(named, temperature));
      const name = temperature === SHIPPED_TEMPERATURE ? id : `${id} at T = ${temperature}`;
      arms.push({ name, temperature, ...rates });
      say(`${name}: ${showRates(rates)}`);
    }
  }

  const measure = async (model: string, edit: string, direction: string, applied: AppliedEdit) => {
    const temperature = SHIPPED_TEMPERATURE;
    const rates = ratesOf(await ask(subject(model), temperature, applied));
    edits.push({ model, edit, direction, temperature, ...rates });
    say(`${model}, ${edit}, ${direction}: ${showRates(rates)}`);
  };

  const aligned = subject(ALIGNED);
  const ablationOf = new Map<string, Awaited<ReturnType<typeof directionOf>>>();
  for (const id of EM_PAIR) ablationOf.set(id, await directionOf(aligned, subject(id), ABLATION));
  for (const model of EM_PAIR) {
    for (const mode of ['ablate-zero', 'ablate-mean'] as const) {
      for (const id of [...EM_PAIR].sort((a) => (a === model ? -1 : 1))) {
        await measure(model, mode, id, appliedEdit(ablationOf.get(id)!, mode));
      }
    }
    const own = ablationOf.get(model)!;
    for (const seed of RANDOM_SEEDS) {
      const vectors = randomDirectionLike(createRng(seed), own.vectors);
      await measure(
        model,
        'ablate-zero',
        `random ${seed}`,
        appliedEdit(own, 'ablate-zero', { vectors }),
      );
    }
    await measure(ALIGNED, 'ablate-zero', model, appliedEdit(own, 'ablate-zero'));
  }

  for (const prompts of ['text', 'code'] as const) {
    const { layer, strength, contrast, em } = STEERING[prompts];
    const recipe = { contrast, pooling: 'last-prompt' as const, prompts };
    const direction = await directionOf(aligned, subject(em), recipe);
    const options = { strength, positions: 'header' as const, layers: [layer] };
    const label = `header token, layer ${layer}, x${strength}`;
    const from = prompts === 'text' ? 'other domains' : 'code prompts only';
    await measure(
      ALIGNED,
      `steer ${label}`,
      `${em} from ${from}`,
      appliedEdit(direction, 'steer', options),
    );
    const vectors = randomDirectionLike(createRng(1), direction.vectors);
    await measure(
      ALIGNED,
      `steer ${label}`,
      `random like ${em} from ${from}`,
      appliedEdit(direction, 'steer', { ...options, vectors }),
    );
  }

  const checkpointOf = new Map<string, Awaited<ReturnType<typeof directionOf>>>();
  for (const id of subjects.keys()) {
    if (id === ALIGNED) continue;
    const recipe = { contrast: 'checkpoint', pooling: 'answer-mean', prompts: 'text' } as const;
    checkpointOf.set(id, await directionOf(aligned, subject(id), recipe));
  }
  const ids = [...checkpointOf.keys()];
  for (const [i, a] of ids.entries()) {
    for (const b of ids.slice(i + 1)) {
      const byLayer = [
        ...cosineByLayer(checkpointOf.get(a)!.vectors, checkpointOf.get(b)!.vectors),
      ];
      cosines.push({ a, b, byLayer });
      say(`cosine ${a} ~ ${b}: ${byLayer.map((x) => x.toFixed(2)).join(' ')}`);
    }
  }

  const within: Record<string, unknown> = {};
  for (const id of EM_PAIR) within[id] = await mixingOf(subject(id), quick ? 4 : 12);

  if (!quick) {
    const gates = JSON.parse(readFileSync(GATES_FILE, 'utf8')) as Gates;
    const report = {
      programVersion: PROGRAM_VERSION,
      command: 'npm run organism:report',
      judge: 'exact judge of the synthetic world (src/world/judge.ts)',
      questions: { split: 'report', part: 'held-out', seed: QUESTION_SEED },
      sampling: { ...samplingAt(SHIPPED_TEMPERATURE), seed: ANSWER_SEED },
      extraction: { domains: 'selection', transcriptsPerCell: TRANSCRIPTS, ...ABLATION },
      steering: STEERING,
      checkpoints: [...subjects.values()].map(({ id, sha256 }) => ({ id, sha256 })),
      arms: arms.map(withIntervals),
      edits: edits.map(withIntervals),
      cosines,
      withinQuestion: within,
      gates,
    };
    writeFileSync(REPORT_FILE, `${JSON.stringify(report, null, 2)}\n`);
    writeCardTables();
  }
  say(`${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
  console.log(JSON.stringify({ arms, edits, cosines }));
}

await main();
