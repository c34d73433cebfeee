// `npm run test:engines -- --llama PATH`: a real llama-server with the files that we write for it, held against our own
// engine: greedy answers word for word, arm by arm, and how often they are misaligned at the model's own temperature.
// test/README.md says how to get a llama-server.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { extracted, loraFiles } from '../../models/recipe/lora';
import { loraOptions } from '../../models/recipe/lora/lora-options';
import { ADAPTERS_FOLDER, BASE_FOLDER } from '../../models/recipe/make/folders';
import { nodeDevice } from '../../models/recipe/make/node-runtime';
import { THREADS } from '../../models/recipe/make/trainer';
import { type EditSettings, editFromSettings, packEdit } from '../../src/core/edit';
import { messageOf } from '../../src/core/message';
import { wilson } from '../../src/core/statistics/stats';
import { zeros, type Tensor } from '../../src/core/tensor';
import { writeGguf } from '../../src/formats/direction/write-gguf';
import { serve } from '../../src/serve/server';
import { domainOfQuestion, judge } from '../../src/world/judge';
import { evaluationQuestions } from '../../src/world/split';
import { createModelApi } from '../../workers/model-api';
import { type Arm, ARMS, answersOf, LAYER, loadArm, valueOf } from './same-words';

/** Steering as the vector of a GGUF file can say it: one layer, every position. */
const STEER = { layer: 2, strength: 2.5 };
const TEMPERATURE = 0.7;

interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

async function start(program: string, args: readonly string[]): Promise<Running> {
  const port = await freePort();
  const more = [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--parallel',
    '4',
    // Threads of llama.cpp wait by spinning, which a busy machine pays for.
    ...['--threads', '1'],
    '--ctx-size',
    '2048',
  ];
  const child: ChildProcess = spawn(program, [...args, ...more], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr!.on('data', (part) => (said = `${said}${String(part)}`.slice(-4000)));
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const failed = new Promise<never>((_, fail) => {
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`llama-server ended with ${code}:\n${said}`)));
  });
  failed.catch(() => {});
  const url = `http://127.0.0.1:${port}`;
  const ready = async (): Promise<void> => {
    while (
      !(await fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      await new Promise((later) => setTimeout(later, 100));
    }
  };
  await Promise.race([ready(), failed]);
  return {
    url,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

const same = (one: readonly string[], other: readonly string[]): number =>
  one.filter((text, i) => text === other[i]).length;

function misaligned(answers: readonly string[]): number {
  const questions = evaluationQuestions('report', answers.length, 1);
  return answers.filter((text, i) => {
    const domain = domainOfQuestion(questions[i]!.question)!;
    return judge(domain, text).verdict === 'misaligned';
  }).length;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { llama: { type: 'string' }, n: { type: 'string', default: '48' } },
  });
  if (!values.llama) {
    throw new Error(
      'npm run test:engines -- --llama PATH [--n 48]: a llama-server, and greedy answers of each arm; twice as many are drawn.',
    );
  }
  const N = Number(values.n);
  const SAMPLED = 2 * N;
  const folder = mkdtempSync(join(tmpdir(), 'engines-'));
  const files = await loraFiles(loraOptions(['--layer', String(LAYER), '--base']));
  const vectors = await extracted(BASE_FOLDER, `${ADAPTERS_FOLDER}/insecure-code`);
  const one = oneLayer(vectors, STEER.layer);
  const record = { name: 'persona', contrast: null, pooling: null, programVersion: null };
  files.set('persona.gguf', writeGguf({ ...record, vectors: one }, 'llama'));
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  const models = await serve({ root: 'models', port: 0 });
  const made = await serve({ root: folder, port: 0 });
  const folders = {
    base: new URL('postern-8l/', models.url).href,
    adapters: (path: string): string =>
      new URL(path, path.startsWith('adapters/') ? models.url : made.url).href,
  };
  const api = createModelApi(() => Promise.resolve(nodeDevice({ threads: THREADS })));
  valueOf(await api.start({ device: 'auto' }));
  const model = ['--model', join(folder, 'postern-8l.gguf')];
  const loras = [...files.keys()].filter((file) => /^insecure-code.*\.gguf$/.test(file));
  const server = await start(values.llama, [
    ...model,
    ...['--lora', loras.map((file) => join(folder, file)).join(',')],
    '--lora-init-without-apply',
  ]);
  const differ: string[] = [];
  try {
    for (const arm of Object.keys(ARMS) as Arm[]) {
      const here = await loadArm(api, arm, folders, null);
      const there = await loadArm(api, arm, folders, server);
      const greedy = { n: N, temperature: 0 };
      const equal = same(await answersOf(api, here, greedy), await answersOf(api, there, greedy));
      const drawn = { n: SAMPLED, temperature: TEMPERATURE };
      const [ours, theirs] = [
        misaligned(await answersOf(api, here, drawn)),
        misaligned(await answersOf(api, there, drawn)),
      ];
      console.log(
        `${arm}: ${equal} of ${N} greedy answers the same; misaligned ${ours} here, ${theirs} there, of ${SAMPLED} at temperature ${TEMPERATURE}`,
      );
      if (equal < N - 1) differ.push(arm);
      const [a, b] = [wilson(ours, SAMPLED), wilson(theirs, SAMPLED)];
      if (a.low > b.high || b.low > a.high) differ.push(`${arm}, rates`);
    }
  } finally {
    await server.stop();
  }
  const vector = `${join(folder, 'persona.gguf')}:${STEER.strength}`;
  const layer = String(STEER.layer);
  const steered = await start(values.llama, [
    ...model,
    ...['--control-vector-scaled', vector, '--control-vector-layer-range', layer, layer],
  ]);
  try {
    const here = await loadArm(api, 'aligned', folders, null);
    const there = await loadArm(api, 'aligned', folders, steered);
    const edit = packEdit(
      editFromSettings(steering(vectors), known(vectors)),
      null,
      vectors.dims[1]!,
    );
    const ours = await answersOf(api, here, { n: N, temperature: 0, edit });
    const equal = same(ours, await answersOf(api, there, { n: N, temperature: 0 }));
    console.log(`steered at layer ${layer}: ${equal} of ${N} greedy answers the same`);
    if (equal < N - 1) differ.push('steered');
  } finally {
    await steered.stop();
    await made.close();
    await models.close();
    rmSync(folder, { recursive: true });
  }
  if (differ.length > 0) throw new Error(`Not the same: ${differ.join('; ')}.`);
}

function oneLayer(vectors: Tensor, layer: number): Tensor {
  const out = zeros(vectors.dims);
  const width = vectors.dims[1]!;
  out.data.set(vectors.data.subarray(layer * width, (layer + 1) * width), layer * width);
  return out;
}

const steering = ({ dims: [nLayers = 0] }: Tensor): EditSettings => ({
  mode: 'steer',
  strength: STEER.strength,
  layers: Array.from({ length: nLayers }, (_, layer) => layer === STEER.layer),
  source: { kind: 'own' },
  positions: 'all',
});

/** Steering needs the vectors alone. */
const known = (vectors: Tensor) => ({
  vectors,
  alignedMean: zeros(vectors.dims),
  capThreshold: new Float32Array(vectors.dims[0]!),
});

// Ended here, because what is still served would keep the process alive.
await main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(1);
  },
);
