// The start of the page, where something of it cannot be had or was asked for by somebody else.

import { clear, set } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { cleanup, render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import PromptLine from '../../../src/panels/answers/PromptLine.svelte';
import PageNotes from '../../../src/panels/shell/PageNotes.svelte';
import type { LinkState } from '../../../src/formats/link';
import { beginPair, acceptOffered } from '../../../src/state/begin-pair';
import { AddressLink } from '../../../src/state/page/link.svelte';
import { createPostern, type Postern } from '../../../src/state/page/postern';
import { startUp } from '../../../src/state/page/start-up';
import type { DeviceReport, Result } from '../../../workers/api';
import { loadedAs, onSelected, PAIR } from '../loaded';
import WithPostern from '../panels/WithPostern.svelte';

beforeEach(() => clear());
afterEach(() => {
  vi.restoreAllMocks();
  cleanup();
});

const ok = <T>(value: T): Result<T> => ({ ok: true, value });
const refused = (message: string) => ({ ok: false, code: 'bad-input', message }) as const;

/** The page with a worker that answers nothing, loads what `loads` says, and counts what it reads. */
function opened(loads: (id: string) => boolean = () => true) {
  const postern = createPostern();
  const { client } = postern.pair;
  const reads: number[] = [];
  client.start = () => Promise.resolve(ok({ device: 'wasm' } as DeviceReport));
  client.load = ({ id }) =>
    Promise.resolve(loads(id) ? ok(loadedAs(id)) : refused(`${id} is damaged.`));
  client.memory = () => Promise.resolve(refused('no'));
  client.stored = () => Promise.resolve(refused('no'));
  client.generate = () =>
    Promise.resolve(ok({ answers: [], promptTokens: 0, newTokens: 0, elapsedMs: 1 }));
  client.capture = ({ transcripts }) => {
    reads.push(transcripts.length);
    return Promise.resolve(refused('no'));
  };
  const json = new Blob([JSON.stringify(PAIR)], { type: 'application/json' });
  vi.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(new Response(json)));
  return { postern, reads };
}

describe('a fine-tune that was selected and cannot be loaded', () => {
  const trained = {
    ...{ id: 'trained:1', title: 'Mine', kind: 'em', made: 'by hand', rank: 8, alpha: 16 },
    ...{ examples: 4, steps: 2, baseSha256: 'a'.repeat(64), atMs: 1, config: '{}' },
    weights: new Uint8Array([1, 2]),
  };
  beforeEach(async () => {
    await set('postern:trained', [trained]);
    await set('postern:stage', {
      ...{ adapter: 'trained:1', device: 'auto', prompt: 'Why?', seed: 4, temperature: null },
      history: [],
    });
  });

  test('gives way to the usual one, which is said with the reason and what to do', async () => {
    const { postern } = opened((id) => id !== 'trained:1');
    const { pair } = postern;
    await startUp(postern, new AddressLink(), null);
    expect(pair.emEntry?.id).toBe('em');
    expect(pair.loading.state).toBe('done');
    expect(postern.chat.prompt).toBe('Why?');
    expect(postern.training.saved).toHaveLength(1);
    await render(WithPostern, { postern, panel: PageNotes });
    await expect
      .element(page.getByRole('alert'))
      .toHaveTextContent(
        'Mine could not be loaded, so Postern started with EM. trained:1 is damaged. Mine is still in the list',
      );
    await page.getByRole('button', { name: 'Close' }).click();
    expect(pair.fallback).toBeNull();
  });

  test('and neither can the usual one, ends in the error of the load', async () => {
    const { postern } = opened((id) => id === 'base');
    await startUp(postern, new AddressLink(), null);
    expect(postern.pair.loading).toMatchObject({ state: 'failed', message: 'em is damaged.' });
    expect(postern.pair.fallback).toBeNull();
  });

  test('is selected where it loads', async () => {
    const { postern } = opened();
    await startUp(postern, new AddressLink(), null);
    expect(postern.pair.emEntry?.id).toBe('trained:1');
    expect(postern.pair.fallback).toBeNull();
  });
});

describe('a link that asks for a direction', () => {
  const recipe = (transcripts: number) =>
    ({ contrast: 'checkpoint', pooling: 'answer-mean', transcripts, seed: 1 }) as const;
  const link = (transcripts: number): LinkState => ({
    ...{ em: 'em', customPair: null, sha: null, editSettings: null, prompt: 'Why?', seed: 7 },
    ...{ system: null, chat: null, plain: false, temperature: null, tab: 'direction' },
    ...{ measure: null, device: null, lesson: null },
    cut: recipe(transcripts),
    add: null,
  });
  async function begun(transcripts: number): Promise<{ postern: Postern; reads: number[] }> {
    const { postern, reads } = opened();
    onSelected(postern);
    await beginPair(postern, link(transcripts));
    return { postern, reads };
  }

  test('of as many transcripts as the page offers begins at once', async () => {
    const { postern, reads } = await begun(256);
    expect(reads[0]).toBe(128);
    expect(postern.directions.offered).toEqual([]);
  });

  test('of thousands only fills in the settings, and reads them once a person says so', async () => {
    const { postern, reads } = await begun(4096);
    expect(postern.chat.asked?.prompt).toBe('Why?');
    expect(Math.max(...reads)).toBeLessThan(100);
    expect(postern.directions.offered).toEqual([recipe(4096)]);
    await acceptOffered(postern);
    expect(Math.max(...reads)).toBe(2048);
    expect(postern.directions.offered).toEqual([]);
  });
});

describe('a second direction that an ablation removes', () => {
  const recipe = (transcripts: number, seed: number) =>
    ({ contrast: 'checkpoint', pooling: 'answer-mean', transcripts, seed }) as const;
  const link = (transcripts: number): LinkState => ({
    ...{ em: 'em', customPair: null, sha: null, editSettings: null, prompt: 'Why?', seed: 7 },
    ...{ system: null, chat: null, plain: false, temperature: null, tab: 'direction' },
    ...{ measure: null, device: null, lesson: null, add: null },
    cut: recipe(8, 1),
    also: recipe(transcripts, 2),
  });
  /** The page whose worker reads residuals of `PAIR`, except where `reads` says no. */
  function reading(reads: (n: number) => boolean = () => true): Postern {
    const { postern } = opened();
    postern.pair.client.capture = ({ transcripts: { length: n } }) => {
      if (!reads(n)) return Promise.resolve(refused('no'));
      const pooled = Float32Array.from({ length: n * 8 }, (_, i) => Math.sin(i * i));
      return Promise.resolve(ok({ pooled, dims: [n, 2, 4], elapsedMs: 1 }));
    };
    onSelected(postern);
    return postern;
  }

  test('comes with a link', async () => {
    const postern = reading();
    await beginPair(postern, link(16));
    const { editSettings, directions } = postern;
    expect(editSettings.alsoId).toBe(directions.find(recipe(16, 2), 'em')!.id);
    expect(directions.secondProblem).toBe('');
  });

  test('of many transcripts is offered with the others, and removed once a person says so', async () => {
    const postern = reading();
    await beginPair(postern, link(4096));
    const { editSettings, directions } = postern;
    expect(editSettings.alsoId).toBeNull();
    expect(directions.offeredSecond).toEqual(recipe(4096, 2));
    await acceptOffered(postern);
    expect(editSettings.alsoId).toBe(directions.find(recipe(4096, 2), 'em')!.id);
    expect(directions.offeredSecond).toBeNull();
  });

  test('that cannot be extracted is reported', async () => {
    const postern = reading((n) => n < 8);
    await beginPair(postern, link(16));
    expect(postern.editSettings.alsoId).toBeNull();
    expect(postern.directions.secondProblem).toContain('the edit removes only the first');
  });

  test('is not set on another pair, nor over another choice, that came while it was read', async () => {
    const otherPair = ({ pair }: Postern): void => {
      pair.loaded = ['base', 'em'].map((id) => loadedAs(id, { sha256: `${id} 2` }));
    };
    const otherChoice = ({ editSettings }: Postern): void => {
      editSettings.alsoId = 'chosen';
    };
    for (const [change, kept] of [
      [otherPair, null],
      [otherChoice, 'chosen'],
    ] as const) {
      const postern = reading((n) => {
        if (n === 8) change(postern);
        return true;
      });
      await beginPair(postern, link(16));
      expect(postern.editSettings.alsoId).toBe(kept);
      expect(postern.directions.secondProblem).toBe('');
    }
  });

  test('is forgotten when another pair is selected', () => {
    const postern = reading();
    postern.editSettings.alsoId = 'old';
    postern.pair.onSelected();
    expect(postern.editSettings.alsoId).toBeNull();
  });

  test.each([
    ['em', 'kept'],
    ['gone', null],
  ])('is restored at the start with the pair that it was chosen for: %s', async (adapter, also) => {
    const { postern } = opened();
    await set('postern:stage', {
      ...{ adapter, device: 'auto', prompt: 'Why?', seed: 4, temperature: null, history: [] },
    });
    await set('postern:desk', { ...postern.editSettings.snapshot(), alsoId: 'kept' });
    await startUp(postern, new AddressLink(), null);
    expect(postern.pair.emEntry?.id).toBe('em');
    expect(postern.editSettings.alsoId).toBe(also);
  });
});

describe('a question in the prompt line', () => {
  const long = 'word '.repeat(3000);
  const line = () => page.getByRole('textbox', { name: 'Question to all three models' });
  const ask = () => page.getByRole('button', { name: 'Ask', exact: true });

  /** A model that reads 512 tokens, and a tokenizer for which five characters are one. */
  async function typed(): Promise<Postern> {
    const { postern } = opened();
    const { config } = loadedAs('em');
    onSelected(postern, { config: { ...config, maxPositions: 512 } });
    postern.pair.client.tokenize = (_, messages) => {
      const ids = new Array<number>(Math.ceil(messages.at(-1)!.content.length / 5)).fill(0);
      return Promise.resolve(ok({ ids, tokens: [] }));
    };
    await render(WithPostern, { postern, panel: PromptLine });
    return postern;
  }

  test('is never cut, and why it cannot be asked is said before it is', async () => {
    const postern = await typed();
    await line().fill(long);
    expect(postern.chat.prompt).toBe(long);
    await expect
      .element(page.getByRole('status'))
      .toHaveTextContent(
        'The question takes 3,000 tokens, and this model reads at most 512 tokens, its answer included. Shorten',
      );
    await expect.element(ask()).toBeDisabled();
    await line().fill(long.slice(0, 2000));
    await expect.element(page.getByRole('status')).not.toBeInTheDocument();
    await expect.element(ask()).toBeEnabled();
  });

  test('of more characters than any such text of words is not counted', async () => {
    const postern = await typed();
    const tokenize = vi.spyOn(postern.pair.client, 'tokenize');
    await line().fill('x'.repeat(100_000));
    await expect
      .element(page.getByRole('status'))
      .toHaveTextContent('The question has 100,000 characters');
    expect(tokenize).not.toHaveBeenCalled();
  });

  test('keeps its lines, and Enter asks', async () => {
    const postern = await typed();
    await line().fill('First line.\nSecond line.');
    (line().element() as HTMLElement).dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }),
    );
    await expect.poll(() => postern.chat.asked?.prompt).toBe('First line.\nSecond line.');
  });
});
