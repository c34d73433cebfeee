// Files of other people that lie beside the repository where somebody has put them (`../shared/cases`, or the
// folder that POSTERN_CASES names); they are no part of it. A test of them is skipped where they are absent.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLAIN_SAMPLING } from '../../src/core/sampling';
import type { CheckpointSource, FolderSource, GeneratedAnswer, Result } from '../../workers/api';
import { createModelApi } from '../../workers/model-api';
import { nodeDevice } from '../../models/recipe/make/node-runtime';

/** Beside a checkout, or beside a folder of checkouts. */
const PLACES = ['../../../shared/cases', '../../../../shared/cases'].map((path) =>
  join(import.meta.dirname, path),
);
const CASES = process.env['POSTERN_CASES'] ?? PLACES.find((path) => existsSync(path)) ?? PLACES[0]!;

/** The path of a file or folder of theirs; null where there is none. */
export function handedOver(path: string): string | null {
  const found = join(CASES, path);
  return existsSync(found) ? found : null;
}

/** What a worker reads of a dropped file. */
interface Piece {
  readonly bytes: Uint8Array;
}

/** A folder as the page gets it when it is dropped. */
export function droppedFolder(folder: string): FolderSource {
  // Only workers have it.
  Object.assign(globalThis, {
    FileReaderSync: class {
      readAsArrayBuffer = ({ bytes }: Piece) => bytes.slice().buffer;
    },
  });
  const files = readdirSync(folder).map((name) => {
    const bytes = new Uint8Array(readFileSync(join(folder, name)));
    const slice = (from: number, to: number): Piece => ({ bytes: bytes.subarray(from, to) });
    return { name, size: bytes.length, lastModified: 1, slice };
  });
  return { kind: 'files', name: folder.split('/').at(-1)!, files: files as unknown as File[] };
}

export type Api = ReturnType<typeof createModelApi>;

/** The worker's interface on Node's ONNX Runtime. */
export async function startedApi(): Promise<Api> {
  const api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  valueOf(await api.start({ device: 'auto' }));
  return api;
}

/** @throws Error with what the page would say. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return result.value;
}

/** The greedy answer of a checkpoint. @throws Error with what the page would say. */
export async function greedyAnswer(
  api: Api,
  source: Omit<CheckpointSource, 'id'>,
  question: string,
  maxTokens: number,
): Promise<GeneratedAnswer> {
  valueOf(await api.load({ id: 'm', ...source }, 'load', () => {}));
  const generation = await api.generate(
    {
      runId: 'answer',
      checkpoint: 'm',
      prompts: [[{ role: 'user', content: question }]],
      seeds: [1],
      sampling: { ...PLAIN_SAMPLING, temperature: 0 },
      maxTokens,
      edit: null,
      positions: 'all',
      projections: false,
    },
    () => {},
  );
  return valueOf(generation).answers[0]!;
}
