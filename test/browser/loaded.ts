// A checkpoint as the page holds it once it is loaded, and a pair of two on stage; nothing is loaded for it.

import type { ModelConfig } from '../../src/checkpoint/config';
import { PLAIN_SAMPLING } from '../../src/core/sampling';
import type { Postern } from '../../src/state/page/postern';
import type { Registry } from '../../src/organism/registry';
import type { LoadedCheckpoint } from '../../workers/api';

/** A checkpoint of two layers and width four; its template reads no settings. */
export const loadedAs = (id: string, change: Partial<LoadedCheckpoint> = {}): LoadedCheckpoint => ({
  id,
  config: { nLayers: 2, dModel: 4 } as ModelConfig,
  parameters: 0,
  weightBytes: 0,
  precision: 'f32',
  precisionReason: '',
  sha256: id,
  vocabularySha256: 'bundled',
  defaultSampling: PLAIN_SAMPLING,
  ignoredSettings: [],
  oddSettings: [],
  endTokens: [],
  chatFormat: {
    templates: ['default'],
    defaultSystem: null,
    takesSystem: false,
    usesDate: false,
    usesThinking: false,
    changesAnswers: false,
  },
  embeddingAndHead: '',
  adapted: null,
  elapsedMs: 0,
  ...change,
});

export const PAIR: Registry = {
  version: 1,
  base: { id: 'base', title: 'Base', path: 'base/' },
  adapters: [{ id: 'em', title: 'EM', kind: 'em', path: 'em/', description: '' }],
  defaults: {},
  folderUrl: 'http://localhost/',
};

/** Both checkpoints of `PAIR`, as `change` has them. */
export function onSelected({ pair }: Postern, change: Partial<LoadedCheckpoint> = {}): void {
  pair.registry = PAIR;
  pair.emEntry = PAIR.adapters[0]!;
  pair.loaded = ['base', 'em'].map((id) => loadedAs(id, change));
}
