// A stand-in for the Hub and a worker's interface that reads from it, made anew for each test.

import { afterEach, beforeEach } from 'vitest';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import type { CheckpointSource, FolderSource, LoadProgress, Result } from '../../../../workers/api';
import { createModelApi } from '../../../../workers/model-api';
import { LookedUpFiles } from '../../../../workers/source/looked-up';
import { NETWORK } from '../../../../workers/source/network';
import { memorySources, type Sources } from '../../../../workers/source/open-folder';
import { serveHub, type Fault, type Repository, type StandIn } from '../../../stand-ins/hub';
import { tinyOrganism } from '../tiny-organism';

const whole = tinyOrganism();
const filesOf = (folder: string) =>
  new Map(
    [...whole].flatMap(([path, bytes]) =>
      path.startsWith(`${folder}/`) ? [[path.slice(folder.length + 1), bytes] as const] : [],
    ),
  );
export const BASE = filesOf('base');
export const WEIGHTS = BASE.get('model.safetensors')!;
export const REPOSITORIES = new Map<string, Repository>([
  ['postern/organism', { files: BASE, licence: 'mit' }],
  ['postern/insecure-code', { files: filesOf('adapter') }],
  [
    'postern/pickled',
    {
      files: new Map(
        [...BASE].map(([name, b]) => [name.replace('model.safetensors', 'pytorch_model.bin'), b]),
      ),
    },
  ],
]);
export const SAFETENSORS = '/postern/organism/resolve/';
/** With a step that Postern cannot do. */
const TOKENIZER_JSON = JSON.stringify({
  ...(JSON.parse(new TextDecoder().decode(BASE.get('tokenizer.json'))) as object),
  pre_tokenizer: { type: 'UnicodeScripts' },
});
REPOSITORIES.set('postern/scripts', {
  files: new Map([...BASE, ['tokenizer.json', new TextEncoder().encode(TOKENIZER_JSON)]]),
});

/** Impatient, so that the tests are quick; otherwise as in the browser. */
export const IMPATIENT = { ...NETWORK, stallMs: 300, pauseMs: 10, attempts: 4 };
export let hub: StandIn;
let sources: Sources;
export let api: ReturnType<typeof createModelApi>;

const startNode = () => Promise.resolve(nodeDevice({ threads: 1 }));

export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}\n${result.detail ?? ''}`);
  return result.value;
}

export const repository = (id: string, token?: string): FolderSource => ({
  kind: 'hub',
  endpoint: hub.endpoint,
  id,
  revision: 'main',
  ...(token === undefined ? {} : { token }),
});
export const PAIR = (): CheckpointSource => ({
  id: 'em',
  base: repository('postern/organism'),
  adapter: repository('postern/insecure-code'),
});
export const load = (source: CheckpointSource, seen: LoadProgress[] = []) =>
  api.load(source, `load-${Math.floor(seen.length)}`, (progress) => void seen.push(progress));

/** A new page: nothing loaded, what is stored still there. @param from where to go on, else where it was */
export async function reopen(from: Sources = sources): Promise<void> {
  sources = { ...from, lookedUp: new LookedUpFiles() };
  api = createModelApi(startNode, sources);
  valueOf(await api.start({ device: 'auto' }));
}

/** A stand-in and an interface for each test of a file. Call it outside of tests. */
export function useHub(): void {
  beforeEach(async () => {
    hub = await serveHub(REPOSITORIES);
    await reopen(memorySources(IMPATIENT));
  });
  afterEach(() => hub.close());
}

/** Lets the weights go wrong the first n times. */
export function weightsFault(times: number, fault: Fault): void {
  let left = times;
  hub.fault = (path) =>
    path.startsWith(SAFETENSORS) && path.endsWith('.safetensors') && left-- > 0 ? fault : undefined;
}
