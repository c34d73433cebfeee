// Buttons that give their place to one another: the focus stays with them, and goes nowhere where it
// was not. Nothing is loaded: what runs is said to run.

import type { Component } from 'svelte';
import { beforeEach, describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import Direction from '../../../src/panels/direction/Panel.svelte';
import EditPanel from '../../../src/panels/edit/EditPanel.svelte';
import Dose from '../../../src/panels/measure/studies/Dose.svelte';
import ExtractFromAnswers from '../../../src/panels/measure/ExtractFromAnswers.svelte';
import Rates from '../../../src/panels/measure/Rates.svelte';
import PromptLine from '../../../src/panels/answers/PromptLine.svelte';
import Controls from '../../../src/panels/train/Controls.svelte';
import { type Action, IDLE } from '../../../src/state/action';
import type { Transcript } from '../../../src/measure/labelled-texts';
import { createPostern, type Postern } from '../../../src/state/page/postern';
import { onSelected } from '../loaded';
import WithPostern from './WithPostern.svelte';

let made: Postern;
beforeEach(() => {
  made = createPostern();
  onSelected(made);
});

const running: Action = { state: 'running', label: 'At work', done: 1, total: 2, startedMs: 0 };
const failed: Action = { state: 'failed', message: 'It could not be had. Try again.' };
const button = (name: string | RegExp) => page.getByRole('button', { name });
const show = (panel: Component) => render(WithPostern, { postern: made, panel });
/** By key, as the mouse would not show where the focus is. */
async function press(name: string | RegExp): Promise<void> {
  (button(name).element() as HTMLElement).focus();
  await userEvent.keyboard('{Enter}');
}

test('Ask, Stop and Resume hand the focus to one another', async () => {
  const stops: (() => void)[] = [];
  made.pair.client.generate = () =>
    new Promise((resolve) =>
      stops.push(() => resolve({ ok: false, code: 'cancelled', message: '' })),
    );
  made.pair.client.cancel = () => {
    for (const stop of stops.splice(0)) stop();
    return Promise.resolve();
  };
  await show(PromptLine);
  await press('Ask');
  await expect.element(button('Stop')).toHaveFocus();
  await userEvent.keyboard('{Enter}');
  await expect.element(button('Resume')).toHaveFocus();
  await userEvent.keyboard('{Enter}');
  await expect.element(button('Stop')).toHaveFocus();
});

test('Measure hands it to Pause, not to Cancel, and the end of the run gives it back', async () => {
  const { run } = made.measurements;
  made.measurements.start = () => {
    run.task.action = running;
    return Promise.resolve();
  };
  await show(Rates);
  await press(/^Measure \d+/);
  await expect.element(button('Pause')).toHaveFocus();
  run.task.action = IDLE;
  await expect.element(button(/^Measure \d+/)).toHaveFocus();
});

test('a study keeps it while its directions are made, when it measures and when it fails', async () => {
  const { dose } = made.measurements;
  dose.start = () => {
    dose.preparation.action = running;
    return Promise.resolve();
  };
  await show(Dose);
  await press(/^Measure five strengths/);
  await expect.element(button('Cancel')).toHaveFocus();
  dose.run.task.action = running;
  dose.preparation.action = IDLE;
  await expect.element(button('Pause')).toHaveFocus();
  dose.run.task.action = failed;
  await expect.element(button(/^Measure five strengths/)).toHaveFocus();
  dose.run.task.action = IDLE;
  dose.preparation.action = failed;
  await expect.element(button('Try again')).toBeVisible();
  await press('Try again');
  await expect.element(button('Cancel')).toHaveFocus();
});

test('Extract hands it to Cancel, which gives it back', async () => {
  const { directions } = made;
  directions.extract = () => {
    directions.task.action = running;
    return Promise.resolve(null);
  };
  directions.cancel = () => {
    directions.task.action = IDLE;
  };
  await show(Direction);
  await press(/^Extract from/);
  await expect.element(button('Cancel')).toHaveFocus();
  await userEvent.keyboard('{Enter}');
  await expect.element(button(/^Extract from/)).toHaveFocus();
});

test('so does the one for judged answers, which may be pressed again only a little later', async () => {
  const { directions } = made;
  let end = (): void => {};
  directions.extract = () => {
    directions.task.action = running;
    return new Promise((resolve) => (end = () => resolve(null)));
  };
  const answers: readonly Transcript[] = Array.from({ length: 8 }, (_, i) => [
    { role: 'user', content: `${i}?` },
    { role: 'assistant', content: `${i}.` },
  ]);
  const texts = { label: 'answers', id: 'answers', aligned: answers, misaligned: answers };
  await show((internals) => ExtractFromAnswers(internals, { texts }));
  await page.getByText('A direction from these answers').click();
  await press(/^Extract from/);
  await expect.element(button('Cancel')).toHaveFocus();
  directions.task.action = IDLE;
  await expect.element(button(/^Extract from/)).toBeDisabled();
  end();
  await expect.element(button(/^Extract from/)).toHaveFocus();
});

test('Train hands it to Pause, and the end of the training gives it back', async () => {
  const { training } = made;
  training.start = () => {
    training.task.action = running;
    return Promise.resolve();
  };
  await show(Controls);
  await press(/^Train \d+ steps/);
  await expect.element(button('Pause')).toHaveFocus();
  training.task.action = failed;
  await expect.element(button(/^Train \d+ steps/)).toHaveFocus();
});

describe('who went elsewhere stays there', () => {
  test('in another field', async () => {
    await show(Direction);
    (button(/^Extract from/).element() as HTMLElement).focus();
    const field = page.getByRole('combobox').first();
    (field.element() as HTMLElement).focus();
    made.directions.task.action = running;
    await expect.element(button('Cancel')).toBeVisible();
    await expect.element(field).toHaveFocus();
  });

  test('on the page itself', async () => {
    await show(Direction);
    const extract = button(/^Extract from/).element() as HTMLElement;
    extract.focus();
    extract.blur();
    made.directions.task.action = running;
    await expect.element(button('Cancel')).toBeVisible();
    expect(document.activeElement).toBe(document.body);
  });

  test('in a field that is itself taken away outside of what has the buttons', async () => {
    await show(Direction);
    (button(/^Extract from/).element() as HTMLElement).focus();
    const other = document.body.appendChild(document.createElement('input'));
    other.focus();
    other.remove();
    made.directions.task.action = running;
    await expect.element(button('Cancel')).toBeVisible();
    expect(document.activeElement).toBe(document.body);
  });
});

test('the second edit hands it to the choice of its column, and closed to the button that opens it', async () => {
  await show(EditPanel);
  await press('Compare with another edit');
  await expect.element(page.getByRole('radio', { name: 'Edited B' })).toHaveFocus();
  await expect.element(page.getByText('Edited B is open, and this panel')).toBeInTheDocument();
  await press('Close Edited B');
  await expect.element(button('Compare with another edit')).toHaveFocus();
  await expect.element(page.getByText('Edited B is closed.')).toBeInTheDocument();
});

test('the amplified difference alone hands it to its slider', async () => {
  made.editSettings.setMode('ablate-mean');
  made.editSettings.amplify = 1;
  await show(EditPanel);
  await press('The difference alone');
  await expect.element(page.getByRole('slider', { name: /^Amplify/ })).toHaveFocus();
  expect(made.editSettings.mode).toBe('off');
});
