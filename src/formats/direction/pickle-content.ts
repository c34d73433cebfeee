// Collects the content of a pickle that matters for a direction: every tensor, array and list of floats with
// its path, the numbers and texts next to them, and the names of omitted objects.

import { DirectionFileError } from './direction-file-error';
import type { Fact } from './facts';
import type { PickleArray, PickleTensor, PickleValue } from './pickle-values';

const MAX_TENSORS = 4096;
const MAX_FACTS = 1000;
const MAX_KEY = 200;
const MAX_PATH = 2000;

export interface NamedPickle {
  readonly name: string;
  readonly value: PickleTensor | PickleArray | PickleRows;
}

/** Floats in Python's own lists. */
interface PickleRows {
  readonly kind: 'rows';
  readonly data: Float64Array;
  readonly dims: readonly number[];
}

export interface PickleContent {
  readonly tensors: readonly NamedPickle[];
  readonly facts: readonly Fact[];
  /** Paths of everything else, the outermost only. */
  readonly others: readonly string[];
}

/**
 * Looks into each container once, however often it occurs.
 * @throws DirectionFileError 'too-large'
 */
export function contentOf(root: PickleValue, file: string): PickleContent {
  const tensors: NamedPickle[] = [];
  const facts: Fact[] = [];
  const others: string[] = [];
  const seen = new Set<PickleValue>();
  const left: { name: string; value: PickleValue }[] = [{ name: '', value: root }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { name, value } = next;
    if (typeof value === 'number' || typeof value === 'string') {
      if (facts.length < MAX_FACTS) facts.push({ name, value });
      continue;
    }
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const inside = (key: string): string => (name === '' ? key : `${name}.${key}`);
    const parts = partsOf(value);
    if (value.kind === 'tensor' || value.kind === 'array') {
      tensors.push({ name: name || 'tensor', value });
    } else if (Array.isArray(parts)) {
      for (const [key, item] of parts.reverse()) left.push({ name: inside(key), value: item });
    } else if (parts) tensors.push({ name: name || 'tensor', value: parts });
    else others.push(name || 'everything');
    if (tensors.length > MAX_TENSORS || name.length > MAX_PATH) {
      throw new DirectionFileError(
        'too-large',
        file,
        `It holds more than ${MAX_TENSORS} tensors, or nests them too deep.`,
        'Save the tensor that is meant alone.',
      );
    }
  }
  return { tensors, facts, others };
}

/** The parts of a container by name, or the numbers of a list of floats; null for anything else. */
function partsOf(value: PickleValue): [string, PickleValue][] | PickleRows | null {
  if (typeof value !== 'object' || value === null) return null;
  if (value.kind === 'list' || value.kind === 'tuple') {
    return rowsOf(value.items) ?? value.items.map((item, i) => [String(i), item]);
  }
  if (value.kind !== 'dict') return null;
  return value.entries.map(([key, item], i) => [
    (nameOf(key) ?? `entry ${i}`).slice(0, MAX_KEY),
    item,
  ]);
}

/** A key as part of a path: `('layer', 3)` is `layer.3`. Null for an object. */
function nameOf(key: PickleValue): string | null {
  if (typeof key === 'string' || typeof key === 'number') return String(key);
  if (typeof key === 'boolean') return key ? 'True' : 'False';
  if (key === null) return 'None';
  if (key.kind === 'bytes') return new TextDecoder().decode(key.bytes.subarray(0, MAX_KEY));
  if (key.kind !== 'tuple' || key.items.length > MAX_KEY) return null;
  return key.items
    .map((part) => (typeof part === 'object' && part?.kind === 'tuple' ? '' : (nameOf(part) ?? '')))
    .join('.');
}

/** Lists of floats, or lists of such lists of one length; whole numbers alone are something else. */
function rowsOf(items: readonly PickleValue[]): PickleRows | null {
  const rows = items.map((item) =>
    typeof item === 'object' && (item?.kind === 'list' || item?.kind === 'tuple')
      ? item.items
      : null,
  );
  const flat = rows.every((row) => row !== null) ? rows.flat() : items;
  const width = rows[0]?.length;
  if (items.length < 2 || !flat.every((x): x is number => typeof x === 'number')) return null;
  if (flat !== items && (!width || rows.some((row) => row?.length !== width))) return null;
  if (flat.every((x) => Number.isInteger(x))) return null;
  const dims = flat === items ? [items.length] : [items.length, width!];
  return { kind: 'rows', data: Float64Array.from(flat), dims };
}
