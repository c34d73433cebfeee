// Parses untrusted YAML in bounded time: parts are counted while they are read, the first error ends the
// parse, and the size after expanding anchors and merge keys (`<<: *base`) is computed before expanding.
// Merge keys and plain words as in PyYAML; several documents are refused, as in its safe_load. A repeated key in
// one mapping is refused, where PyYAML takes the last.

import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  visit,
} from 'yaml';
import { plainScalar } from './yaml-scalars';

/** Brackets in brackets, and indents: a list of questions has four. */
const MAX_DEPTH = 50;
/** Uses of anchors. Published files use one text some fifty times. */
const MAX_ALIASES = 1000;
/** Words, marks, blanks and line ends of the grammar; a text of many lines is one. */
const MAX_PARTS = 50_000;
/** Values once every anchor is written out. */
const MAX_VALUES = 300_000;

/** @throws Error with the reason, a sentence without its full stop. */
export function yamlValue(source: string): unknown {
  if (depthOf(source) > MAX_DEPTH) throw new Error(`it is nested deeper than ${MAX_DEPTH}`);
  if ((source.match(/(?:^|[\s,[{:])\*\S/g)?.length ?? 0) > MAX_ALIASES) {
    throw new Error('it repeats too much');
  }
  const options = { schema: 'core', merge: true, uniqueKeys: false, prettyErrors: false } as const;
  let document: Document.Parsed | null = null;
  for (const next of new Composer({ ...options, logLevel: 'silent' }).compose(
    tokensOf(source),
    true,
  )) {
    if (document) throw new Error('it holds several documents, and only one can be read');
    document = next;
    const [error] = document.errors;
    if (error) throw error;
    // The library only warns, and reads the value as if the tag were not there.
    const unknownTag = document.warnings.find(({ code }) => code === 'TAG_RESOLVE_FAILED');
    if (unknownTag) throw new Error("it has a tag that PyYAML's safe_load refuses too");
  }
  if (!document) return null;
  requireModest(document);
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || node.type !== 'PLAIN' || node.tag !== undefined) return;
      node.value = plainScalar(node.source ?? '', node.value);
    },
  });
  // Anchors are bounded above.
  return document.toJS({ maxAliasCount: -1 }) as unknown;
}

/** Tokens of the grammar. @throws Error at the first that is wrong, and where there are too many. */
function* tokensOf(source: string): ReturnType<Parser['parse']> {
  const parser = new Parser();
  let parts = 0;
  const checked = function* (tokens: ReturnType<Parser['next']>): ReturnType<Parser['parse']> {
    for (const token of tokens) {
      if (token.type === 'error') throw new Error(token.message);
      yield token;
    }
  };
  for (const lexeme of new Lexer().lex(source)) {
    parts += 1;
    if (parts > MAX_PARTS) throw new Error('it has too many parts');
    yield* checked(parser.next(lexeme));
  }
  yield* checked(parser.end());
}

/** Refuses keys that come twice, and values that multiply. */
function requireModest(document: Document.Parsed): void {
  /** Number of values in each anchor, expanded. */
  const anchored = new Map<string, number>();
  let total = 0;
  const sizeOf = (node: unknown): number => {
    if (isAlias(node)) {
      const size = anchored.get(node.source);
      if (size === undefined)
        throw new Error(`it uses the anchor "${node.source}" before it is set`);
      total += size;
      if (total > MAX_VALUES) throw new Error('it repeats too much');
      return size;
    }
    let size = 1;
    if (isMap(node)) {
      lastMergeFirst(node.items);
      const keys = new Set<unknown>();
      for (const { key, value } of node.items) {
        const name: unknown = isScalar(key) ? key.value : key;
        if (keys.has(name)) {
          throw new Error(`keys of a mapping must be unique, and "${String(name)}" comes twice`);
        }
        // A merge key is a symbol, each its own.
        keys.add(name);
        size += sizeOf(key) + sizeOf(value);
      }
    } else if (isSeq(node)) for (const item of node.items) size += sizeOf(item);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) anchored.set(anchor, size);
    return size;
  };
  sizeOf(document.contents);
}

/** With several merge keys in one mapping, the last wins in PyYAML and the first in the library. */
function lastMergeFirst(items: { readonly key: unknown; value: unknown }[]): void {
  const merges = items.filter(({ key }) => isScalar(key) && typeof key.value === 'symbol');
  if (merges.length < 2) return;
  const values = merges.map(({ value }) => value).reverse();
  merges.forEach((pair, i) => (pair.value = values[i]));
}

/**
 * A lower bound of the nesting depth from brackets and `- - -`, whatever they mean: the parser recurses for
 * each.
 */
function depthOf(source: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < source.length; i++) {
    const mark = source[i];
    if (mark === '[' || mark === '{') deepest = Math.max(deepest, ++depth);
    else if (mark === ']' || mark === '}') depth = Math.max(0, depth - 1);
  }
  for (const [marks] of source.matchAll(/^(?:[ \t]*[-?:][ \t]+)+/gm)) {
    deepest = Math.max(deepest, marks.replace(/[ \t]/g, '').length);
  }
  return deepest;
}
