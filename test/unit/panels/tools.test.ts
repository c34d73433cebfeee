// A lesson or a link that opens a tool names it by its id: an id that no tab has would open nothing, and nobody would
// be told.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LESSONS } from '../../../src/lessons/lessons';
import { RESULT_PLACES } from '../../../src/panels/lessons/step-result';

const PANELS = resolve(import.meta.dirname, '../../../src/panels');
const FOLDERS: Readonly<Record<string, string>> = {
  measure: 'measure',
  layers: 'layers',
  organisms: 'models',
};
const toolsOf = (tab: string): string[] => {
  const text = readFileSync(join(PANELS, FOLDERS[tab]!, 'Panel.svelte'), 'utf8');
  return [...text.matchAll(/\bid: '([\w-]+)',\s*title: /g)].map(([, id]) => id!);
};

describe('every tool that is led to is in its tab', () => {
  const results = Object.entries(RESULT_PLACES).flatMap(([result, place]) =>
    place?.tool === undefined ? [] : [[result, place.tab, place.tool] as const],
  );
  test.each(results)('the result %s: %s / %s', (_, tab, tool) => {
    expect(toolsOf(tab)).toContain(tool);
  });

  const settings = LESSONS.flatMap(({ id, steps }) =>
    steps.flatMap((step) =>
      step.set?.tool === undefined ? [] : [[`${id}/${step.id}`, step.set.tab!, step.set.tool]],
    ),
  );
  test.each(settings)('the step %s: %s / %s', (_, tab, tool) => {
    expect(toolsOf(tab)).toContain(tool);
  });
});

test('a result of a tab that shows one tool at a time names its tool', () => {
  for (const place of Object.values(RESULT_PLACES)) {
    if (place && place.tab in FOLDERS) expect(place.tool).toBeDefined();
  }
});

test('the lesson on the direction shows its two clouds first', () => {
  const lesson = LESSONS.find(({ id }) => id === 'direction')!;
  expect(lesson.steps[0]!.shows).toBe('clouds');
});
