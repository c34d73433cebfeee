// The room on the page: kept over a reload, shared by tabs, undone, and opened by a link.

import { del } from 'idb-keyval';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  measurementId,
  writeClassFile,
  writeClassLink,
} from '../../../../src/formats/class-measurement';
import { ClassResults } from '../../../../src/state/measure/class-results.svelte';
import { MEASUREMENT } from '../../../unit/formats/class-record';

const seeded = (seed: number) => ({ ...MEASUREMENT, seed });
const seeds = (classResults: ClassResults): number[] => classResults.list.map(({ seed }) => seed);
const file = (text: string): File => new File([text], 'a.json');

beforeEach(async () => {
  await del('postern:room');
  await del('postern:participant');
});
async function opened(): Promise<ClassResults> {
  const classResults = new ClassResults();
  await classResults.restore();
  return classResults;
}

describe('the room', () => {
  test('is there again after a reload, and so is the participant', async () => {
    const classResults = await opened();
    classResults.setNickname('  Fox\u202e of the pine forest and more ');
    expect(classResults.participant.nickname).toBe('Fox of the pine forest a');
    await classResults.read(file(writeClassFile([seeded(1), seeded(2)])), 'a.json');
    const again = await opened();
    expect(seeds(again)).toEqual([1, 2]);
    expect(again.participant).toEqual(classResults.participant);
    expect(again.participant.id).toMatch(/^[0-9a-f]{10}$/);
    expect(again.pools[0]!.arms[1]!.n).toBe(192);
    expect(again.participants).toBe(1);
  });

  test('takes the same measurement once, however it comes', async () => {
    const classResults = await opened();
    await classResults.add([seeded(1)]);
    const arrival = await classResults.read(
      `see https://example.org/${writeClassLink(seeded(1))}`,
      'link',
    );
    expect(arrival).toEqual({ added: [], moved: [], known: 1 });
    const both = await classResults.read(
      file(writeClassFile([seeded(1), seeded(2), seeded(2)])),
      'b',
    );
    expect([both.added.length, both.known]).toEqual([1, 2]);
    expect(seeds(classResults)).toEqual([1, 2]);
  });

  test('takes over the lesson step of a measurement that is saved again, and counts it once', async () => {
    const classResults = await opened();
    const at = (step: string, done: number) => ({
      ...seeded(1),
      lesson: { id: 'rates', step, done },
    });
    await classResults.add([seeded(1)]);
    const arrival = await classResults.add([at('eight', 4), at('eight', 4)]);
    expect([arrival.added.length, arrival.moved.length, arrival.known]).toEqual([0, 1, 1]);
    await classResults.add([at('again', 5)]);
    expect(classResults.list.map(({ lesson }) => lesson?.step)).toEqual(['again']);
    // An older file without a step takes nothing away.
    await classResults.add([seeded(1)]);
    expect(classResults.list.map(({ lesson }) => lesson?.step)).toEqual(['again']);
    expect((await opened()).list.map(({ lesson }) => lesson?.step)).toEqual(['again']);
  });

  test('loses nothing when two tabs add at once', async () => {
    const [one, two] = [await opened(), await opened()];
    await one.add([seeded(1)]);
    await Promise.all([two.add([seeded(2)]), two.add([seeded(3)])]);
    expect(seeds(two)).toEqual([1, 2, 3]);
    await one.remove([seeded(2)]);
    expect(seeds(one)).toEqual([1, 3]);
    expect(seeds(await opened())).toEqual([1, 3]);
  });

  test('brings back what was removed', async () => {
    const classResults = await opened();
    await classResults.add([seeded(1), seeded(2)]);
    await classResults.remove(classResults.list);
    expect(classResults.list).toEqual([]);
    expect(classResults.pools).toEqual([]);
    await classResults.undo();
    expect(seeds(classResults)).toEqual([1, 2]);
    expect(classResults.removed).toEqual([]);
    expect(classResults.who(measurementId(seeded(1)))).toBe(MEASUREMENT.nickname);
  });

  test('is not changed by what cannot be read', async () => {
    const classResults = await opened();
    await classResults.add([seeded(1)]);
    await expect(classResults.read(file('{"format":"postern-room"}'), 'bad.json')).rejects.toThrow(
      /^bad/,
    );
    await expect(classResults.read('hello', 'The link')).rejects.toThrow(/holds no measurement/);
    expect(seeds(await opened())).toEqual([1]);
  });

  test('takes a link out of the address and adds it once it is agreed to, not before', async () => {
    const classResults = await opened();
    location.hash = writeClassLink(seeded(4));
    expect(classResults.takeLink()).toBe(true);
    expect(location.hash).toBe('');
    expect(classResults.offered.map(({ seed }) => seed)).toEqual([4]);
    expect(seeds(await opened())).toEqual([]);
    await classResults.accept();
    expect(classResults.offered).toEqual([]);
    expect(classResults.arrival?.added.map(({ seed }) => seed)).toEqual([4]);
    expect(seeds(await opened())).toEqual([4]);
    expect(classResults.takeLink()).toBe(false);
  });

  test('offers links that come one after the other together, and each once', async () => {
    const classResults = await opened();
    await classResults.add([seeded(4)]);
    for (const seed of [5, 6, 5]) {
      location.hash = writeClassLink(seeded(seed));
      classResults.takeLink();
    }
    expect(classResults.offered.map(({ seed }) => seed)).toEqual([5, 6]);
    await classResults.accept();
    location.hash = writeClassLink(seeded(4));
    classResults.takeLink();
    expect(classResults.offered).toEqual([]);
    expect(classResults.arrival).toEqual({ added: [], moved: [], known: 1 });
    expect(seeds(classResults)).toEqual([4, 5, 6]);
  });

  test('says what is wrong with a broken link', async () => {
    const classResults = await opened();
    await classResults.add([seeded(4)]);
    location.hash = `${writeClassLink(seeded(5)).slice(0, -1)}x`;
    expect(classResults.takeLink()).toBe(true);
    expect(classResults.problem).toMatch(/The link: /);
    expect(seeds(classResults)).toEqual([4]);
  });
});
