// Finds the layers of a config.json that use sliding-window attention. Gemma 3 lists them, or uses full
// attention in every n-th layer. Qwen2Config and Qwen3Config of transformers decide so: no layer without
// use_sliding_window or with a window of null; otherwise as layer_types lists them, or without that list the
// layers from max_window_layers up. A window at least as long as the context hides nothing.

import * as v from 'valibot';
import { positions, type Refuse, type Shape } from './config-fields';
import type { Family } from './families';
import { checkShape } from './json';

/** Defaults of Qwen2Config and Qwen3Config. */
const QWEN = { window: 4096, firstLayer: 28 } as const;

const SLIDING = 'sliding_attention';

/**
 * @param maxPositions tokens that are read here
 * @returns null where no layer's view is cut
 * @throws CheckpointError 'bad-config' for a window that is no number, or what the two functions throw.
 */
export function windowedLayers(
  c: Shape,
  { defaults }: Family,
  maxPositions: number,
  file: string,
  refuse: Refuse,
  inconsistent: Refuse,
): { size: number; layers: boolean[] } | null {
  const nLayers = c.num_hidden_layers;
  const listed = c.layer_types ?? null;
  const unknown = listed?.find((kind) => kind !== SLIDING && kind !== 'full_attention');
  if (unknown !== undefined) refuse(`layer_types names "${unknown}", which is not supported.`);
  if (listed && listed.length !== nLayers) {
    inconsistent(`layer_types lists ${listed.length} layers, num_hidden_layers says ${nLayers}.`);
  }
  const size = (): number => {
    const window = { sliding_window: c.sliding_window };
    return checkShape(v.object({ sliding_window: positions }), window, file, 'bad-config')
      .sliding_window;
  };
  const byNumber = (slides: (layer: number) => boolean): boolean[] =>
    Array.from({ length: nLayers }, (_, layer) =>
      listed ? listed[layer] === SLIDING : slides(layer),
    );

  if (defaults.windowPattern !== null) {
    const pattern = c.sliding_window_pattern ?? c._sliding_window_pattern ?? defaults.windowPattern;
    const layers = byNumber((layer) => (layer + 1) % pattern !== 0);
    if (!layers.includes(true)) return null;
    if (c.sliding_window == null) inconsistent('It has sliding layers and no sliding_window.');
    return { size: size(), layers };
  }

  const asked = c.use_sliding_window === true && c.sliding_window !== null;
  const layers = byNumber((layer) => asked && layer >= (c.max_window_layers ?? QWEN.firstLayer));
  const count = layers.filter(Boolean).length;
  if (count === 0) return null;
  if (!asked) inconsistent('layer_types lists sliding layers, but no sliding_window is in use.');
  const window = c.sliding_window === undefined ? QWEN.window : size();
  if (window >= maxPositions) return null;
  return refuse(
    `${count} of its ${nLayers} layers see only the last ${window} tokens (sliding-window attention), which is ` +
      'supported only in Gemma 3.',
  );
}
