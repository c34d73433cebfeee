// A LoRA counted more or less than it was trained to: W + g s B A for a scale g (weight steering, arXiv 2511.05408;
// negative g is the negation of Ilharco et al. 2022, arXiv 2212.04089). At g = 0 the weights are the base's, at g = 1
// the fine-tune's. Whole modules that an adapter brings are no sum, so they have no scale.

import type { Adapter } from './peft';

/** Limits of the scale where people choose it: beyond, every answer falls apart. */
export const MAX_LORA_SCALE = 4;

/** Id of a fine-tune whose LoRA counts `scale` times. */
export const scaledId = (id: string, scale: number): string =>
  scale === 1 ? id : `${id} x ${scale}`;

const SCALED = /^(.+) x (-?\d+(?:\.\d+)?)$/;

/** The fine-tune and the scale that an id names; null: it names no scale. */
export function scaledFrom(id: string): { readonly id: string; readonly scale: number } | null {
  const [, of, scale] = SCALED.exec(id) ?? [];
  return of === undefined ? null : { id: of, scale: Number(scale) };
}

/** For people. */
export const describeScale = (scale: number): string => `LoRA × ${String(scale).replace('-', '−')}`;

/** The changes of an adapter to its base, as far as a scale needs them. */
interface Scalable {
  readonly replaced: readonly string[];
}

/**
 * Why a fine-tune can't be counted more or less, as a sentence; null: it can.
 * @param name of the fine-tune, for people
 * @param adapted changes by its adapter; null: it is no adapter
 */
export function scaleRefusal(name: string, adapted: Scalable | null): string | null {
  if (!adapted) {
    return `${name} has weights of its own and no LoRA, so there is nothing to count more or less. Choose a fine-tune that is a LoRA adapter.`;
  }
  if (adapted.replaced.length > 0) {
    const some = adapted.replaced.slice(0, 2).join(', ');
    return `${name} brings whole layers (${some}${adapted.replaced.length > 2 ? ', ...' : ''}) in place of the base's, which no scale makes more or less of. Choose a fine-tune that is LoRA factors alone.`;
  }
  return null;
}

/** The same adapter, counted `scale` times. */
export function scaleAdapter(adapter: Adapter, scale: number): Adapter {
  if (scale === 1) return adapter;
  return {
    ...adapter,
    modules: new Map(
      [...adapter.modules].map(([name, module]) => [
        name,
        { ...module, scale: scale * module.scale },
      ]),
    ),
  };
}
