// Where a pattern matches in a text, and what a text is cut into there: the five behaviours that
// `tokenizers` calls SplitDelimiterBehavior.

/** Part of a text, [start, end) in UTF-16 units; the spans of a text follow each other and cover it. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly isMatch: boolean;
}

export const BEHAVIOURS = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** @param pattern with the flags `g` and `v` or `u` */
export function spansOf(text: string, pattern: RegExp): Span[] {
  const spans: Span[] = [];
  let at = 0;
  let matched = -1;
  for (const match of text.matchAll(pattern)) {
    const start = match.index;
    const end = start + match[0].length;
    // Oniguruma takes no empty match right behind another.
    if (start === end && matched === end) continue;
    if (at !== start) spans.push({ start: at, end: start, isMatch: false });
    spans.push({ start, end, isMatch: true });
    at = matched = end;
  }
  if (at !== text.length) spans.push({ start: at, end: text.length, isMatch: false });
  return spans;
}

export const inverted = (spans: readonly Span[]): Span[] =>
  spans.map((span) => ({ ...span, isMatch: !span.isMatch }));

/** The rest of a text, split at the matches. */
export function cut(spans: readonly Span[], behaviour: Behaviour): readonly Span[] {
  switch (behaviour) {
    case 'Removed':
      return spans.filter(({ isMatch }) => !isMatch);
    case 'Isolated':
      return spans;
    case 'Contiguous':
      return merged(spans, (span, before) => span.isMatch === before);
    case 'MergedWithPrevious':
      return merged(spans, (span, before) => span.isMatch && !before);
    case 'MergedWithNext':
      return merged([...spans].reverse(), (span, before) => span.isMatch && !before).reverse();
  }
}

/** Joins a span to the one before it where `joins` says so; `before`: that one was a match. */
function merged(spans: readonly Span[], joins: (span: Span, before: boolean) => boolean): Span[] {
  const out: Span[] = [];
  let before = false;
  for (const span of spans) {
    const last = out.at(-1);
    if (last && joins(span, before)) {
      const start = Math.min(last.start, span.start);
      out[out.length - 1] = { start, end: Math.max(last.end, span.end), isMatch: false };
    } else {
      out.push(span);
    }
    before = span.isMatch;
  }
  return out;
}
