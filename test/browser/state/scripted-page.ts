// A page with an engine that says whatever a test wants: an answer is written until the test ends it.

import type { ModelConfig } from '../../../src/checkpoint/config';
import type { ExtractionChoice } from '../../../src/measure/extraction';
import { createPostern, type Postern } from '../../../src/state/page/postern';
import type {
  Capture,
  CheckpointSource,
  GenerateRequest,
  LoadedCheckpoint,
  Result,
} from '../../../workers/api';
import { loadedAs, PAIR } from '../loaded';

const D_MODEL = 4;
export const CHOICE: ExtractionChoice = {
  contrast: 'checkpoint',
  pooling: 'answer-mean',
  transcripts: 4,
  seed: 1,
};

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function loaded(id: string, nLayers: number, sha256 = `first-${id}`): LoadedCheckpoint {
  return loadedAs(id, {
    config: { nLayers, dModel: D_MODEL } as ModelConfig,
    sha256,
    defaultSampling: { temperature: 0.7, topK: 0, topP: 1, repetitionPenalty: 1 },
    chatFormat: {
      templates: [],
      defaultSystem: null,
      takesSystem: true,
      usesDate: false,
      usesThinking: false,
      changesAnswers: false,
    },
  });
}

export interface ScriptedEngine {
  /** Answers that were asked for, in order; each is written until `finish`. */
  readonly asked: GenerateRequest[];
  /** Ends every answer that was asked for so far. */
  finish(): void;
  /** Checkpoints that read transcripts, in order. */
  readonly reads: string[];
  /** Runs whose edit was changed while they wrote. */
  readonly edits: string[];
  /** Awaited before a checkpoint is loaded. */
  beforeLoad: (source: CheckpointSource) => Promise<void>;
  /** What a source loads as; null: it cannot be loaded. */
  loads: (source: CheckpointSource) => LoadedCheckpoint | null;
}

/** The page with the bundled pair of 8 layers on stage, and nothing asked. */
export async function scriptedPage(): Promise<{ postern: Postern; engine: ScriptedEngine }> {
  const postern = createPostern();
  const { pair } = postern;
  const { client } = pair;
  const waiting: { readonly request: GenerateRequest; readonly end: () => void }[] = [];
  const asked: GenerateRequest[] = [];
  const made: ScriptedEngine = {
    asked,
    finish: () => waiting.splice(0).forEach(({ end }) => end()),
    reads: [],
    edits: [],
    beforeLoad: () => Promise.resolve(),
    loads: ({ id }) => loaded(id, id.startsWith('own:') ? 24 : 8),
  };
  client.load = async (source) => {
    await made.beforeLoad(source);
    const value = made.loads(source);
    return value ? ok(value) : { ok: false, code: 'network', message: 'No way there.' };
  };
  client.unload = () => Promise.resolve(ok(null));
  client.memory = () => Promise.resolve(ok({ weightBytes: 0, checkpoints: [], heapBytes: null }));
  client.stored = () => Promise.resolve({ ok: false, code: 'internal', message: '' });
  client.setEdit = (runId) => {
    made.edits.push(runId);
    return Promise.resolve(ok(null));
  };
  client.cancel = (runId) => {
    for (const { request, end } of waiting) if (request.runId === runId) end();
    return Promise.resolve();
  };
  client.generate = (request) => {
    asked.push(request);
    return new Promise((resolve) => {
      const end = (): void =>
        resolve(ok({ answers: [], promptTokens: 0, newTokens: 0, elapsedMs: 1 }));
      waiting.push({ request, end });
    });
  };
  client.capture = ({ checkpoint, transcripts }) => {
    made.reads.push(checkpoint);
    const model = pair.checkpoint(checkpoint)!;
    const { nLayers } = model.config;
    const size = nLayers * D_MODEL;
    // Another checkpoint, and another revision of it, has other residuals.
    const shift = [...checkpoint, ...model.sha256].reduce((sum, c) => sum + c.charCodeAt(0), 0);
    const pooled = new Float32Array(transcripts.length * size);
    for (let i = 0; i < pooled.length; i++) pooled[i] = Math.sin(i + 1) + (shift % 97) * (i % 3);
    const capture: Capture = { pooled, dims: [transcripts.length, nLayers, D_MODEL], elapsedMs: 1 };
    return Promise.resolve(ok(capture));
  };
  pair.bundled = PAIR;
  await pair.show(PAIR, PAIR.adapters[0]!);
  return { postern, engine: made };
}
