// What a visit shows, and what is remembered of it.

import { clear, get, set } from 'idb-keyval';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Part } from '../../../src/lessons/parts';
import type { LinkState } from '../../../src/formats/link';
import { createPostern, type Postern } from '../../../src/state/page/postern';

let postern: Postern;
beforeEach(async () => {
  await clear();
  postern = createPostern();
});

const shown = (...parts: Part[]): Part[] => parts.filter((part) => postern.attention.shows(part));
const doors = (): Part[] => postern.attention.doors.map(({ part }) => part);
const LINK = { tab: 'direction', measure: null, customPair: null, editSettings: null } as const;
const link = (changes: object): LinkState => ({ ...LINK, lesson: null, ...changes }) as LinkState;

describe('a first visit', () => {
  test('shows the sentence and the invitation, with doors to desk and tools', () => {
    expect(shown('opening', 'next', 'edited', 'edit', 'tools', 'commands')).toEqual([
      'opening',
      'next',
    ]);
    expect(doors()).toEqual(['edit', 'tools']);
  });

  test('shows the edited answer and its slider once something was done', () => {
    postern.attention.acted();
    expect(shown('opening', 'next', 'edited', 'shade', 'edit', 'tools')).toEqual([
      'opening',
      'edited',
      'shade',
    ]);
  });

  test('shows all the rest of the page with the first door, and never less again', () => {
    postern.attention.open('edit');
    postern.attention.acted();
    expect(shown('opening', 'edit', 'tools', 'commands', 'history')).toEqual([
      'edit',
      'commands',
      'history',
    ]);
    expect(doors()).toEqual(['tools']);
  });
});

describe('another visit', () => {
  const again = async (visited = true): Promise<void> => {
    postern = createPostern();
    await postern.attention.restore(visited);
  };

  test('shows what the one before had come to, and what it had opened', async () => {
    await postern.attention.restore(false);
    postern.attention.open('tools');
    postern.attention.save();
    await expect.poll(() => get('postern:attention')).toBeDefined();
    await again();
    expect(shown('opening', 'edited', 'edit', 'tools')).toEqual(['edited', 'tools']);
  });

  test('shows everything where the one before was to a page that left nothing out', async () => {
    await again();
    expect(doors()).toEqual([]);
    expect(postern.attention.state).toBe('known');
  });

  test('is a first one where the storage has nothing or nothing that can be read', async () => {
    await again(false);
    expect(postern.attention.state).toBe('first');
    await set('postern:attention', { state: 'later', opened: ['kitchen'] });
    await again(false);
    expect(postern.attention.state).toBe('first');
  });

  test('keeps what a link opened while the storage was read', async () => {
    postern.attention.open('tools');
    await postern.attention.restore(false);
    expect(shown('tools')).toEqual(['tools']);
  });
});

describe('a link', () => {
  test('shows the slider, and the tools where it leads to one', () => {
    postern.attention.openFor(link({}));
    expect(shown('edited', 'tools', 'edit')).toEqual(['edited']);
    postern.attention.openFor(link({ tab: 'layers' }));
    expect(shown('edited', 'tools', 'edit')).toEqual(['edited', 'tools']);
  });

  test.each([
    ['a cap', { mode: 'cap', base: 'em', randomSeed: null }],
    ['the aligned model', { mode: 'steer', base: 'aligned', randomSeed: null }],
    ['a random direction', { mode: 'ablate-zero', base: 'em', randomSeed: 0 }],
  ])('opens the desk for an edit that the slider cannot say: %s', (_, editSettings) => {
    postern.attention.openFor(link({ editSettings }));
    expect(shown('edit')).toEqual(['edit']);
  });

  test('to a lesson opens nothing, since the step names its parts', () => {
    postern.attention.openFor(link({ tab: 'measure', lesson: 'rates/eight' }));
    expect(shown('tools', 'edit')).toEqual([]);
  });
});

describe('an open lesson', () => {
  test('shows what the step names and no more, to a visitor who knows all of the page', () => {
    for (const part of ['edit', 'tools'] as const) postern.attention.open(part);
    postern.lessons.show('narrow/habit');
    expect(shown('edited', 'edit', 'tools', 'sampling')).toEqual(['sampling']);
    expect(doors()).toEqual(['edit', 'tools']);
    postern.lessons.close();
    expect(shown('edited', 'edit', 'tools')).toEqual(['edited', 'edit', 'tools']);
  });

  test('shows the desk where the step is about it', () => {
    postern.lessons.show('down/random');
    expect(shown('edit', 'tools', 'edited')).toEqual(['edit', 'tools', 'edited']);
    postern.lessons.show('up/rate');
    expect(shown('edit', 'tools', 'edited')).toEqual(['tools', 'edited']);
  });

  test('keeps what was opened beside it, to its last step, and the visit keeps it for ever', () => {
    postern.lessons.show('narrow/habit');
    postern.attention.open('tools');
    expect(shown('tools')).toEqual(['tools']);
    postern.lessons.show('narrow/both');
    expect(shown('tools')).toEqual(['tools']);
    postern.lessons.show('yourself/train');
    postern.lessons.show('narrow/both');
    postern.lessons.close();
    expect(shown('tools')).toEqual(['tools']);
  });
});
