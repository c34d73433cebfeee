// Facts next to a tensor that say how it is meant: its name (`blocks.5.hook_resid_pre`), a layer
// (`layer_idx`), a factor (`alpha`), a token position (`token_position`). All are shown before use; if a fact
// is missing, the user is asked.

import type { Pooling } from '../../core/direction';
import type { LayerConvention } from './layer-index';

/** One number or text of a file, with its path in it: `meta.layer_idx`. */
export interface Fact {
  readonly name: string;
  readonly value: number | string;
}

/** A layer as the file has it, and where it says so. */
export interface SaidLayer {
  /** May be negative: counted from the last layer. */
  readonly index: number;
  /** 'layer_idx = 5', 'the name of the file'. */
  readonly by: string;
}

/** A factor that was kept apart from its vector. */
export interface SaidScale {
  readonly name: string;
  readonly value: number;
  /** The program that writes this layout acts with the product. Else only the user knows what is meant. */
  readonly partOfVector: boolean;
}

const LAYER = /^layer(?:_?(?:idx|index|id|num|number))?$/i;
const SCALE = /^(?:alpha|scale|scaling|coeff?|coefficient|multiplier|strength)$/i;
const POSITION = /^(?:token_?)?(?:pos|position|pooling)$/i;

const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('.')));

/** The fact of this kind nearest to a tensor: in its own group first, then in those around it. */
function nearest(facts: readonly Fact[], tensor: string, pattern: RegExp): Fact | undefined {
  for (let around = parentOf(tensor); ; around = parentOf(around)) {
    const found = facts.find(
      ({ name }) => parentOf(name) === around && pattern.test(lastPart(name)),
    );
    if (found || around === '') return found;
  }
}

/** The layer stated next to a tensor. */
export function layerBeside(facts: readonly Fact[], tensor: string): SaidLayer | null {
  const found = nearest(facts, tensor, LAYER);
  const index = Number(found?.value === '' ? NaN : found?.value);
  if (!found || !Number.isInteger(index) || Math.abs(index) > 4096) return null;
  return { index, by: `${lastPart(found.name)} = ${index}` };
}

/** The layer in the name of a file, `vec_ep20_layer15.pt`. */
export function layerOfFile(file: string): SaidLayer | null {
  const found = /(?:^|[^a-z])layer[ _.-]?(\d{1,3})(?!\d)/i.exec(file);
  return found ? { index: Number(found[1]), by: 'the name of the file' } : null;
}

/**
 * A trained vector as the published model organisms keep it: `steering_vector`, `layer_idx` and `alpha` side by
 * side. Their loader adds alpha times the vector to what the MLP of that block writes, so to the output of the block
 * (Soligo et al. 2025, arXiv:2506.11618, the steering module beside their code).
 */
export function isTrainedVector(facts: readonly Fact[], tensor: string): boolean {
  const around = parentOf(tensor);
  const has = (name: string): boolean =>
    facts.some((fact) => parentOf(fact.name) === around && lastPart(fact.name) === name);
  return lastPart(tensor) === 'steering_vector' && has('layer_idx') && has('alpha');
}

/** The factor stated next to a tensor; null for none, and for 1. */
export function scaleBeside(facts: readonly Fact[], tensor: string): SaidScale | null {
  const found = nearest(facts, tensor, SCALE);
  const value = Number(found?.value === '' ? NaN : found?.value);
  if (!found || !Number.isFinite(value) || value === 0 || value === 1) return null;
  const name = lastPart(found.name);
  const partOfVector = name === 'alpha' && isTrainedVector(facts, tensor);
  return { name: name.slice(0, 40), value, partOfVector };
}

/** Where the vectors were read, as a text next to them says it. */
export function poolingIn(facts: readonly Fact[]): Pooling | null {
  for (const { name, value } of facts) {
    if (typeof value !== 'string' || !POSITION.test(lastPart(name))) continue;
    if (/last.?prompt|prompt.?last/i.test(value)) return 'last-prompt';
    if (/(?:answer|response).?(?:avg|mean|average)/i.test(value)) return 'answer-mean';
  }
  return null;
}

/** Outermost names of the numbers and texts that say nothing that is used here. */
export function unusedFacts(facts: readonly Fact[]): readonly string[] {
  const unused = facts.filter(
    ({ name }) => ![LAYER, SCALE, POSITION, /^$/].some((pattern) => pattern.test(lastPart(name))),
  );
  return [...new Set(unused.map(({ name }) => name.split('.')[0]!))];
}

/** The layer convention that the name of a tensor implies. */
export function conventionIn(name: string): LayerConvention | null {
  if (/resid_pre/i.test(name)) return 'block-input';
  if (/resid_post/i.test(name)) return 'block-output';
  return /hidden_?states?/i.test(name) ? 'hidden-states' : null;
}

/** A warning where a name says that it was read at a place that is no layer here; null for none. */
export function remarkOn(name: string): string | null {
  if (/resid_mid/i.test(name)) {
    return 'Its name says hook_resid_mid, inside the block: after attention, before the MLP. No layer here is that place; the output of the block comes nearest.';
  }
  if (/(?:attn|mlp)(?:_out)?(?:$|[^a-z])/i.test(name)) {
    return 'Its name says that it was read from attention or an MLP alone. Here it acts on the residual stream.';
  }
  return null;
}

/** The number in a name that counts layers. */
export interface CountedName {
  /** Negative where a minus sign belongs to the number: `-1`, `layer_-1`, and not `layer-1`. */
  readonly index: number;
  /** The name with * for the number; equal for all layers of one direction. */
  readonly pattern: string;
  /** The number follows a word for layers. */
  readonly sure: boolean;
}

/** The number in a name that counts layers: the one after a word for layers, or the last one. */
export function countedName(name: string): CountedName | null {
  const after = [
    ...name.matchAll(
      /(?<![a-z])(?:(?:layers?|blocks?|hidden_?states?)[^a-z0-9]{0,3}|[hl][^a-z0-9]{1,3})(\d{1,6})(?!\d)/gi,
    ),
  ].at(-1);
  const found = after ?? /(?<!\d)(\d{1,6})\D*$/s.exec(name);
  if (!found) return null;
  const digits = found[1]!;
  const at = found.index + (after ? found[0].length - digits.length : 0);
  const minus = name[at - 1] === '-' && !/[a-z0-9]/i.test(name[at - 2] ?? '');
  const from = minus ? at - 1 : at;
  return {
    index: minus ? -Number(digits) : Number(digits),
    pattern: `${name.slice(0, from)}*${name.slice(at + digits.length)}`,
    sure: after !== undefined || /^-?\d+$/.test(name),
  };
}
