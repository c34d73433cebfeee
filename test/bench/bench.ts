// `npm run bench`: tokens per second of our graphs and of transformers.js on the same weights, in one
// run, in Node and in Chromium. Options: --rounds 7, --batch 1 --batch 8 --batch 32, --device wasm or webgpu (a
// software adapter too, where there is no other; else what the page would choose, and wasm), --no-browser,
// --no-node.

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { nodeRuntime } from '../../models/recipe/make/node-runtime';
import type { Device } from '../../workers/api';
import { benchInBrowser } from './browser';
import { ours } from './ours';
import { transformersJs } from './peer';
import { FOLDER, writePlainFolder } from './plain-folder';
import { findSubject, parameterCount, type Subject } from './subject';
import { benchSampling } from './sampling';
import { benchStage } from './stage';
import type { SuiteOptions, SuiteResult } from './suite';
import { runSuite } from './suite';
import {
  keepingLine,
  organismLines,
  prefillTable,
  samplingTable,
  stageLine,
  table,
  trainingLines,
} from './table';
import { tasks } from './tasks';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    batch: { type: 'string', multiple: true, default: ['1', '8', '32'] },
    device: { type: 'string', multiple: true, default: [] },
    'no-browser': { type: 'boolean', default: false },
    'no-node': { type: 'boolean', default: false },
  },
});

const OPTIONS: SuiteOptions = {
  rounds: Number(values.rounds),
  promptTokens: 24,
  newTokens: 64,
  batches: values.batch.map(Number),
  prefillTokens: 256,
  prefillBatches: [1, 8],
};

/** Prints one device's figures. @returns whether all wrote the same greedy tokens. */
function report(title: string, result: SuiteResult): boolean {
  console.log(`\n${title}\n${table(result.figures)}\n${prefillTable(result.prefill)}`);
  const agree = result.disagreements.length === 0;
  if (agree) console.log('Greedy tokens: all the same.');
  else console.log(`Greedy tokens differ:\n  ${result.disagreements.join('\n  ')}`);
  return agree;
}

async function inNode({ config, weights }: Subject, parent: string): Promise<SuiteResult> {
  const runtime = nodeRuntime();
  const contenders = [
    ...(await ours(runtime, config, weights)),
    await transformersJs({ device: 'cpu', parent: parent + sep, folder: FOLDER }),
  ];
  return runSuite(config, contenders, await tasks(runtime, config, weights), OPTIONS);
}

const parent = mkdtempSync(join(tmpdir(), 'postern-bench-'));
try {
  const subject = findSubject();
  const { nLayers, dModel, dVocab } = subject.config;
  writePlainFolder(parent, subject);
  console.log(
    `${subject.name}: ${nLayers} layers, d_model ${dModel}, vocabulary ${dVocab}, ` +
      `${(parameterCount(subject.weights) / 1e6).toFixed(2)} million parameters, f32.\n` +
      `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores. Prompts of ` +
      `${OPTIONS.promptTokens} tokens, ${OPTIONS.newTokens} new tokens a row; new tokens per second ` +
      `(of a prompt of ${OPTIONS.prefillTokens} tokens: prompt tokens per second), ` +
      `median of ${OPTIONS.rounds} interleaved rounds.`,
  );
  let agree = values['no-node'] || report('Node, CPU', await inNode(subject, parent));
  if (!values['no-node']) console.log(`\n${samplingTable(benchSampling(OPTIONS.rounds))}`);
  if (!values['no-browser']) {
    const devices = values.device as Device[];
    for (const result of await benchInBrowser(subject.config, parent, OPTIONS, devices)) {
      agree = report(`Chromium, ${result.device} (${result.note})`, result) && agree;
      console.log(samplingTable(result.sampling));
      console.log(keepingLine(result.keeping));
      if (result.organisms) console.log(organismLines(result.organisms));
      if (result.training) console.log(trainingLines(result.training));
    }
  }
  if (!values['no-browser'] && process.platform === 'linux') {
    console.log(`\n${stageLine(await benchStage(12))}`);
  }
  process.exitCode = agree ? 0 : 1;
} finally {
  rmSync(parent, { recursive: true, force: true });
}
