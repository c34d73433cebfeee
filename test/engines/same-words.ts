// The bundled model asked the same greedy questions here and on a llama-server, arm by arm: with the files that
// `npm run lora` writes. Used by the unit tests against the stand-in, and by `npm run test:engines` against a real
// one.

import type { ModelApi, Result, ServerSource } from '../../workers/api';
import type { EditPositions, PackedEdit } from '../../src/core/edit';
import { PLAIN_SAMPLING } from '../../src/core/sampling';
import { evaluationQuestions } from '../../src/world/split';

export const LAYER = 4;
export const TUNED = 'insecure-code.gguf';
export const ABLATED = `insecure-code-without-direction-${LAYER}.gguf`;

export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/** The LoRAs of each arm on a server, and the adapter's folder of the same arm here; null: the base itself. */
export const ARMS = {
  aligned: { loras: [], folder: null },
  'fine-tuned': { loras: [{ name: TUNED, scale: 1 }], folder: 'adapters/insecure-code/' },
  'fine-tune at scale 0': { loras: [{ name: TUNED, scale: 0 }], folder: null },
  'without direction': {
    loras: [{ name: ABLATED, scale: 1 }],
    folder: `${ABLATED.replace('.gguf', '')}/`,
  },
} as const;
export type Arm = keyof typeof ARMS;

export interface Sampled {
  readonly n: number;
  readonly temperature: number;
  /** Made while the model writes; left out: none. */
  readonly edit?: PackedEdit;
  /** Left out: all. */
  readonly positions?: EditPositions;
}

export async function answersOf(
  api: ModelApi,
  checkpoint: string,
  { n, temperature, edit, positions = 'all' }: Sampled,
): Promise<readonly string[]> {
  const questions = evaluationQuestions('report', n, 1);
  const result = await api.generate(
    {
      runId: `ask ${checkpoint}`,
      checkpoint,
      prompts: questions.map(({ question }) => [{ role: 'user', content: question }]),
      seeds: questions.map((_, i) => i + 1),
      sampling: { ...PLAIN_SAMPLING, temperature },
      maxTokens: 96,
      edit: edit ?? null,
      positions,
      projections: false,
    },
    () => {},
  );
  return valueOf(result).answers.map(({ text }) => text);
}

/** Loads an arm from its folders, or its small files from the base's and the rest from a server. */
export async function loadArm(
  api: ModelApi,
  arm: Arm,
  folders: { readonly base: string; readonly adapters: (folder: string) => string },
  server: Pick<ServerSource, 'url' | 'key'> | null,
): Promise<string> {
  const { loras, folder } = ARMS[arm];
  const id = `${arm}${server ? ' on the server' : ''}`;
  const base = { kind: 'beside', url: folders.base } as const;
  const source = server
    ? { id, base, server: { kind: 'llama' as const, ...server, loras } }
    : folder === null
      ? { id, base }
      : { id, base, adapter: { kind: 'beside' as const, url: folders.adapters(folder) } };
  valueOf(await api.load(source, `load ${id}`, () => {}));
  return id;
}
