// What the edited columns ask for: an amplified difference, and a second edit beside the first.

import { clear, get } from 'idb-keyval';
import { beforeEach, describe, expect, test } from 'vitest';
import type { EditState } from '../../../src/state/pair/edit-settings.svelte';
import type { Postern } from '../../../src/state/page/postern';
import { save } from '../../../src/state/page/start-up';
import { CHOICE, type ScriptedEngine, scriptedPage } from './scripted-page';

let postern: Postern;
let engine: ScriptedEngine;

/** Asks, and waits until the columns are answered. */
async function askAndEnd(): Promise<void> {
  const ended = postern.chat.ask();
  engine.finish();
  await ended;
}

const extract = () => postern.directions.extract(CHOICE, postern.pair.emEntry!.id);

beforeEach(async () => {
  await clear();
  ({ postern, engine } = await scriptedPage());
});

describe('an amplified difference', () => {
  test('asks for both models, answers anew while it writes, and leaves the other columns alone', async () => {
    await extract();
    void postern.chat.ask();
    const before = engine.asked.length;
    postern.editSettings.amplify = 1.5;
    postern.chat.editChanged();
    await expect.poll(() => engine.asked.length).toBe(before + 1);
    const { checkpoint, amplify } = engine.asked.at(-1)!;
    expect([checkpoint, amplify]).toEqual(['em', { against: 'base', times: 1.5 }]);
    expect(engine.asked.slice(0, before).map((one) => one.amplify)).toEqual(
      Array(before).fill(undefined),
    );
    const { edited } = postern.chat.columns;
    expect(edited.provenance!.edit).toMatch(/; difference to base \S+ amplified, a = \+1\.5$/);
    // The edit itself still changes from the next token on.
    postern.editSettings.strength = 0.5;
    postern.chat.editChanged();
    await expect.poll(() => edited.provenance?.edit).toMatch(/50%.*a = \+1\.5/);
    expect(engine.asked).toHaveLength(before + 1);
  });

  test('to another aligned model is another answer', async () => {
    await extract();
    postern.editSettings.amplify = 1.5;
    void postern.chat.ask();
    await expect.poll(() => engine.asked.at(-1)?.amplify?.against).toBe('base');
    const { registry, loaded } = postern.pair;
    postern.pair.loaded = [...loaded, { ...postern.pair.aligned!, id: 'other' }];
    postern.pair.registry = { ...registry!, base: { ...registry!.base, id: 'other' } };
    postern.chat.editChanged();
    await expect.poll(() => engine.asked.at(-1)!.amplify?.against).toBe('other');
  });

  test('is not asked for where the fine-tune is not what is edited, nor beside a scaled LoRA', async () => {
    await extract();
    postern.editSettings.amplify = 2;
    postern.editSettings.base = 'aligned';
    await askAndEnd();
    expect(engine.asked.every(({ amplify }) => amplify === undefined)).toBe(true);
    expect(postern.chat.columns.edited.provenance!.edit).not.toContain('amplified');
  });
});

describe('a second edited column', () => {
  const asks = (from: number) =>
    engine.asked.slice(from).map(({ checkpoint, edit, positions, seeds }) => ({
      ...{ checkpoint, positions, seeds },
      edit: edit && [...edit.write],
    }));

  test('begins as a copy of the first and asks the same, then each goes its own way', async () => {
    await extract();
    postern.edits.compare();
    expect(postern.edits.role).toBe('second');
    expect(postern.edits.second.snapshot()).toEqual(postern.editSettings.snapshot());
    await askAndEnd();
    const [, , first, second] = asks(engine.asked.length - 4);
    expect(second).toEqual(first);
    const before = engine.asked.length;
    postern.edits.chosen.setMode('off');
    postern.chat.editChanged('second');
    await expect.poll(() => engine.asked.length).toBe(before + 1);
    expect(postern.chat.columns.second.editSettings!.mode).toBe('off');
    expect(postern.chat.columns.edited.editSettings!.mode).toBe('ablate-mean');
    expect(asks(before)[0]).not.toEqual(first);
  });

  test('stops with the others, and is empty once it is closed', async () => {
    await extract();
    postern.edits.compare();
    const ended = postern.chat.ask();
    await expect.poll(() => postern.chat.columns.second.running).toBe(true);
    postern.chat.stop();
    engine.finish();
    await ended;
    expect(postern.chat.running).toBe(false);
    postern.edits.close();
    postern.chat.editChanged('second');
    expect(postern.chat.columns.second.status.state).toBe('empty');
    const before = engine.asked.length;
    await askAndEnd();
    expect(engine.asked).toHaveLength(before + 3);
  });

  test('its settings line sets the second edit, not the first', async () => {
    await extract();
    postern.edits.compare({ ...postern.editSettings.snapshot(), strength: 0.25 });
    await askAndEnd();
    postern.edits.second.strength = 1;
    const again = postern.chat.reproduce('second');
    engine.finish();
    await again;
    expect([postern.editSettings.strength, postern.edits.second.strength]).toEqual([1, 0.25]);
  });

  test('is named in what is said of one edit, and closed there is nothing to tell apart', () => {
    const { edits } = postern;
    expect([edits.aboutFirst('It is off.'), edits.aboutChosen('It is off.')]).toEqual(
      Array(2).fill('It is off.'),
    );
    edits.compare();
    expect([edits.aboutFirst('It is off.'), edits.aboutChosen('It is off.')]).toEqual([
      'Edited A: It is off.',
      'Edited B: It is off.',
    ]);
  });

  test('is stored while it is open, and nothing of it before and after', async () => {
    const stored = () => get<{ edit: EditState }>('postern:second-edit');
    postern.chat.clearAnswers();
    postern.edits.fitSecond();
    save(postern);
    await expect.poll(() => get('postern:desk')).toBeDefined();
    expect(await stored()).toBeUndefined();
    postern.edits.compare({ ...postern.editSettings.snapshot(), strength: 0.25 });
    save(postern);
    await expect.poll(async () => (await stored())?.edit.strength).toBe(0.25);
    postern.edits.close();
    save(postern);
    await expect.poll(stored).toBeUndefined();
  });
});
