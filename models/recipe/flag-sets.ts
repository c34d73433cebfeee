// `npm run organism:flag`: looks at the data set of each shipped fine-tune that has one of its own, with the aligned
// model alone, and compares what that predicts with what the training did: how far the fine-tune's residuals moved, and
// how often it is misaligned (models/gallery.json). Writes models/flags.json. Answers are kept under .cache/flag, so a
// stopped run goes on.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  projectionDifferences,
  residualsAt,
} from '../../src/core/instruments/projection-difference';
import { norm } from '../../src/core/projection';
import { bootstrapMean, type MeanInterval } from '../../src/core/statistics/bootstrap-mean';
import { rowOf } from '../../src/core/tensor';
import { PROGRAM_VERSION } from '../../src/core/version';
import { describeDirection } from '../../src/measure/extraction';
import {
  type DataFlags,
  DataFlagsFile,
  correlationOf,
  OUTCOMES,
} from '../../src/organism/data-flags';
import { GalleryFile } from '../../src/organism/gallery';
import { serve } from '../../src/serve/server';
import { benignControl, TRAINING_SETS, type WorldData } from '../../src/world/training-data';
import { createModelApi } from '../../workers/model-api';
import { directionToFlag, flagExamples, worldExamples } from './flag';
import { BASE_FOLDER, FLAGS_FILE, GALLERY_FILE } from './make/folders';
import { nodeDevice } from './make/node-runtime';
import { registerFile, sha256 } from './make/publish';
import { readPublished } from './make/published-file';
import { THREADS } from './make/trainer';
import { openWorkbench, valueOf, type Workbench } from './measure/workbench';

const PLAN = { examples: 64, texts: 64, seed: 1 };
/** The first needs no fine-tune; the second is the page's own. */
const CONTRASTS = ['answer-in-aligned-model', 'checkpoint'] as const;

type Along = Awaited<ReturnType<typeof directionToFlag>>;

const isSet = (id: string): id is WorldData['set'] => id in TRAINING_SETS;

/** Four digits are more than the intervals leave. */
const rounded = (value: number): number => Number(value.toPrecision(4));
const short = ({ mean, low, high, n }: MeanInterval): MeanInterval => ({
  mean: rounded(mean),
  low: rounded(low),
  high: rounded(high),
  n,
});

/** How far a fine-tune moved: both models read the same aligned answers. */
async function shiftOf(
  bench: Workbench,
  id: string,
  { direction, layer }: Along,
): Promise<MeanInterval> {
  const choice = { pooling: 'answer-mean', transcripts: 2 * PLAN.texts, seed: PLAN.seed } as const;
  const [tuned, aligned] = [await bench.load(id), await bench.load()];
  const after = await bench.read('em:aligned', tuned, choice);
  const before = await bench.read('aligned:aligned', aligned, choice);
  const pairs = {
    answers: residualsAt(after.pooled, layer),
    ownAnswers: residualsAt(before.pooled, layer),
  };
  return bootstrapMean(projectionDifferences(pairs, rowOf(direction.vectors, layer).data));
}

async function main(): Promise<void> {
  const gallery = readPublished(GalleryFile, GALLERY_FILE);
  const served = await serve({ root: 'models', port: 0 });
  try {
    const api = createModelApi(() => Promise.resolve(nodeDevice({ threads: THREADS })));
    valueOf(await api.start({ device: 'auto' }));
    const bench = await openWorkbench(api, served.url, '.cache/flag');
    const alongs: Along[] = [];
    for (const contrast of CONTRASTS) {
      alongs.push(await directionToFlag(bench, { contrast, layer: undefined, model: undefined }));
    }
    const sets: DataFlags['sets'] = [];
    for (const { id } of bench.registry.adapters) {
      const arm = gallery.arms.find(
        ({ organism, condition }) => organism === id && condition === 'other domains',
      );
      if (!isSet(id) || !arm) continue;
      const { examples: n, seed } = PLAN;
      const controlSet = benignControl(id);
      const wanted = {
        n,
        seed,
        examples: worldExamples(id, n, seed + 2),
        control: {
          title: TRAINING_SETS[controlSet].title,
          examples: worldExamples(controlSet, n, seed + 2),
        },
      };
      const along: DataFlags['sets'][number]['along'] = [];
      for (const one of alongs) {
        const found = await flagExamples(api, bench, one, wanted);
        along.push({
          predicted: short(found.mean),
          control: found.control && short(found.control.mean),
          above: rounded(found.above / found.mean.n),
          random: {
            low: rounded(Math.min(...found.random)),
            high: rounded(Math.max(...found.random)),
          },
          shift: short(await shiftOf(bench, id, one)),
        });
      }
      const misaligned = rounded(arm.misaligned);
      sets.push({ id, broad: { n: arm.n, misaligned }, along });
      const lines = along.map(
        ({ predicted, shift }) => `predicted ${predicted.mean}, measured ${shift.mean}`,
      );
      console.log(`${id}: ${lines.join('; ')}; misaligned ${(100 * misaligned).toFixed(1)}%`);
    }
    const file: DataFlags = {
      programVersion: PROGRAM_VERSION,
      command: 'npm run organism:flag',
      alignedSha256: sha256(join(BASE_FOLDER, 'model.safetensors')),
      ...PLAN,
      directions: alongs.map(({ direction, layer }, i) => ({
        contrast: CONTRASTS[i]!,
        words: describeDirection(direction),
        layer,
        length: rounded(norm(rowOf(direction.vectors, layer).data)),
      })),
      sets,
    };
    writeFileSync(FLAGS_FILE, `${JSON.stringify(file)}\n`);
    readPublished(DataFlagsFile, FLAGS_FILE);
    registerFile('flags', FLAGS_FILE);
    file.directions.forEach(({ words, layer }, i) => {
      console.log(`Along ${words}, layer ${layer}:`);
      for (const of of ['shift', 'broad'] as const) {
        const { n, pearson, low, high, spearman } = correlationOf(file, i, of);
        console.log(
          `  ${OUTCOMES[of]}: Pearson ${pearson.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}], Spearman ${spearman.toFixed(2)}, n = ${n} sets`,
        );
      }
    });
  } finally {
    await served.close();
  }
}

await main();
