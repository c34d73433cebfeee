// Rotary positions in a config.json, gathered as transformers 5 gathers them (`convert_rope_params_to_dict`):
// rope_scaling is taken for rope_parameters where it holds anything, a rope_theta inside wins over the one at the
// top, and dictionaries by kind of layer are known only to families whose layers differ. There rope_scaling is
// added to what layers that see everything have, and the others are never stretched.

import * as v from 'valibot';
import { maybe, positive, type Refuse, type Shape } from './config-fields';
import type { Family } from './families';
import { checkShape } from './json';
import { parseRopeScaling, type RopeScaling } from './rope';

const ByKind = v.looseObject({
  full_attention: maybe(v.looseObject({})),
  sliding_attention: maybe(v.looseObject({})),
});
const Inner = v.looseObject({
  rope_theta: maybe(positive),
  partial_rotary_factor: v.optional(v.unknown()),
});

/** @throws CheckpointError 'bad-config' where a number is missing or impossible, or what `refuse` throws. */
export function readRope(
  c: Shape,
  { defaults }: Family,
  file: string,
  refuse: Refuse,
): { ropeTheta: number; localTheta: number; ropeScaling: RopeScaling | null } {
  const windowed = defaults.windowPattern !== null;
  const stretched = c.rope_scaling ?? {};
  const parameters = c.rope_parameters ?? {};
  const kinds = checkShape(ByKind, parameters, file, 'bad-config');
  // A family without attention types applies rope parameters by type only if all listed layers are of one
  // type.
  const flat = Object.keys(stretched).length > 0 ? stretched : (kinds.full_attention ?? parameters);
  const full = windowed ? { ...kinds.full_attention, ...stretched } : flat;
  const local = windowed ? (kinds.sliding_attention ?? {}) : full;
  const thetaOf = (from: unknown): number | null => {
    const { rope_theta: theta, partial_rotary_factor: part } = checkShape(
      Inner,
      from,
      file,
      'bad-config',
    );
    if (part !== undefined && part !== null && part !== 1) {
      refuse(
        'Only a part of each head is rotated (partial_rotary_factor), which is not supported.',
      );
    }
    return theta ?? null;
  };
  const original = c.original_max_position_embeddings ?? c.max_position_embeddings ?? null;
  const scalingOf = (from: object): RopeScaling | null =>
    parseRopeScaling(
      original === null ? from : { original_max_position_embeddings: original, ...from },
      file,
      refuse,
    );
  if (windowed && scalingOf(local)) {
    refuse('rope_parameters stretches the positions of sliding_attention layers.');
  }
  const ropeTheta = thetaOf(full) ?? c.rope_theta ?? defaults.ropeTheta;
  return {
    ropeTheta,
    localTheta: thetaOf(local) ?? (windowed ? (c.rope_local_base_freq ?? 10_000) : ropeTheta),
    ropeScaling: scalingOf(full),
  };
}
