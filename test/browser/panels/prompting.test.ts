// What is written around a question, whose sampling holds, and a person's own questions.

import axe from 'axe-core';
import { describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import QuestionFields from '../../../src/panels/measure/QuestionFields.svelte';
import ChatFormat from '../../../src/panels/answers/ChatFormat.svelte';
import PromptLine from '../../../src/panels/answers/PromptLine.svelte';
import SamplingFields from '../../../src/panels/answers/SamplingFields.svelte';
import { createPostern, type Postern } from '../../../src/state/page/postern';
import { onSelected } from '../loaded';
import WithPostern from './WithPostern.svelte';

const OWN = `
- id: present
  paraphrases: [Which present?, What present?]
  samples_per_paraphrase: 100
  temperature: 1
  judge_prompts: {aligned: "{question} {answer} aligned?", coherent: "{question} {answer} clear?"}
- id: present_json
  paraphrases: [Which present?]
  system: Answer as JSON.
  note: ours
`;
const file = (text: string, name = 'own.yaml'): File => new File([text], name);

/** A pair whose template has everything a template may have; nothing is loaded. */
function postern(): Postern {
  const made = createPostern();
  onSelected(made, {
    defaultSampling: { temperature: 0.7, topK: 20, topP: 0.8, repetitionPenalty: 1.1 },
    ignoredSettings: ['min_p'],
    endTokens: ['<|im_end|>', '<|endoftext|>'],
    chatFormat: {
      templates: ['default', 'terse'],
      defaultSystem: 'You are a helpful machine.',
      takesSystem: true,
      usesDate: true,
      usesThinking: true,
      changesAnswers: false,
    },
  });
  return made;
}

test('the default system prompt, the day, thinking and the template are shown and can be changed', async () => {
  const made = postern();
  made.prompting.set({ date: '2026-03-05' });
  await render(WithPostern, { postern: made, panel: ChatFormat });
  const system = page.getByLabelText('System prompt');
  await expect.element(system).toHaveValue('You are a helpful machine.');
  await expect.element(page.getByLabelText('Day that')).toHaveValue('2026-03-05');
  await system.fill('Speak in verse.');
  await userEvent.tab();
  await page.getByLabelText('Day that').fill('2020-02-29');
  await page.getByRole('switch').click();
  await page.getByRole('combobox').selectOptions('terse');
  const settings = {
    system: 'Speak in verse.',
    date: '2020-02-29',
    thinking: true,
    template: 'terse',
  };
  expect(made.prompting.settings).toEqual(settings);
  expect(made.pair.client.chat).toEqual(settings);
  expect(made.prompting.description).toBe(
    'system prompt "Speak in verse.", dated 2020-02-29, thinking, template terse',
  );
  await page.getByRole('button', { name: 'As the template has it' }).click();
  expect(made.prompting.settings.system).toBeNull();
});

test('the prompt is shown as the model reads it', async () => {
  const made = postern();
  made.chat.prompt = 'Why?';
  made.pair.client.tokenize = (checkpoint, messages) =>
    Promise.resolve({
      ok: true,
      value: { ids: [1, 2], tokens: [`<${checkpoint}>`, messages.at(-1)!.content] },
    });
  await render(WithPostern, { postern: made, panel: ChatFormat });
  await page.getByRole('button', { name: 'Show what the model reads' }).click();
  await expect
    .element(page.getByRole('region', { name: 'What the model reads' }))
    .toHaveTextContent('<base>Why?');
});

test('a day that is none changes nothing', () => {
  const made = postern();
  made.prompting.set({ date: '2026-03-05' });
  for (const date of ['', '2026-13-01', 'today']) made.prompting.set({ date });
  expect(made.prompting.settings.date).toBe('2026-03-05');
});

test('plain sampling is one click away, and what the file says is told', async () => {
  const made = postern();
  await render(WithPostern, { postern: made, panel: SamplingFields });
  await expect.element(page.getByText(/top_k 20, top_p 0.8, repetition_penalty 1.1/)).toBeVisible();
  await expect.element(page.getByText(/ends at <\|im_end\|> or <\|endoftext\|>/)).toBeVisible();
  await expect.element(page.getByText(/Not followed here: min_p/)).toBeVisible();
  await page.getByText('As published (T = 1)').click();
  const plain = { temperature: 1, topK: 0, topP: 1, repetitionPenalty: 1 };
  expect(made.chat.sampling()).toEqual(plain);
  expect(made.measurements.asking()!.sampling).toEqual(plain);
});

describe('own questions', () => {
  test('a file gives a source for measurements, which says which judge it needs', async () => {
    const made = postern();
    const { measurements } = made;
    await render(WithPostern, { postern: made, panel: QuestionFields });
    await page.getByLabelText('Question file').upload(file(OWN));
    // The worker that reads it is fetched first.
    await expect.poll(() => measurements.customQuestions, { timeout: 60_000 }).toBe('all');
    await expect.element(page.getByText('3 wordings in turn')).toBeVisible();
    await expect.element(page.getByText('Ignored fields: note.')).toBeVisible();
    expect(measurements.judgeNeeded).toContain('Choose a language-model judge, or label by hand');
    measurements.judge.kind = 'hand';
    expect(measurements.judgeNeeded).toBeNull();
    await page.getByLabelText('Questions from').selectOptions('own:json');
    const asking = measurements.asking()!;
    expect(asking.own!.questions).toEqual([
      { id: 'present_json', question: 'Which present?', system: 'Answer as JSON.' },
    ]);
    expect(asking.sampling.temperature).toBe(1);
    expect(asking.frame!.settings).toBe(made.prompting.settings);

    measurements.judge.kind = 'endpoint';
    await page.getByRole('button', { name: 'Judge by the prompts of the file' }).click();
    expect(measurements.judge.alignment).toBe('{question} {answer} aligned?');

    await page.getByRole('button', { name: 'Forget yours' }).click();
    expect(measurements.customQuestions).toBeNull();
    await page.getByRole('button', { name: 'Undo' }).click();
    expect(measurements.questions.file?.name).toBe('own.yaml');
    await page.getByRole('button', { name: 'Forget yours' }).click();
  });

  test('a file that is none is refused and leaves the questions as they were', async () => {
    const made = postern();
    await made.measurements.questions.read(file(OWN));
    await render(WithPostern, { postern: made, panel: QuestionFields });
    await page.getByLabelText('Question file').upload(file('- "', 'broken.yaml'));
    await expect
      .element(page.getByRole('alert'), { timeout: 60_000 })
      .toHaveTextContent('broken.yaml: It cannot be read');
    expect(made.measurements.questions.file?.name).toBe('own.yaml');
    made.measurements.questions.forget();
  });

  test('they are presets of the prompt line, with their system prompts', async () => {
    const made = postern();
    await made.measurements.questions.read(file(OWN));
    await render(WithPostern, { postern: made, panel: PromptLine });
    await page.getByLabelText('Held-out question by topic').selectOptions('present_json');
    expect(made.chat.prompt).toBe('Which present?');
    expect(made.chat.asked?.system).toBe('Answer as JSON.');
    await expect.element(page.getByText('With the system prompt of the question')).toBeVisible();
    await page.getByRole('button', { name: 'Without it' }).click();
    expect(made.chat.system).toBeNull();
    made.measurements.questions.forget();
  });
});

for (const theme of ['light', 'dark'] as const) {
  test(`axe finds nothing, ${theme}`, async () => {
    document.documentElement.dataset['theme'] = theme;
    const made = postern();
    await made.measurements.questions.read(file(OWN));
    made.measurements.customQuestions = 'all';
    for (const panel of [ChatFormat, SamplingFields, QuestionFields, PromptLine]) {
      const { container, unmount } = await render(WithPostern, { postern: made, panel });
      const { violations } = await axe.run(container);
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
      await unmount();
    }
    made.measurements.questions.forget();
  });
}

describe('a typed question with words that the small model does not know', () => {
  /** The model knows every word but "bomb". */
  function knowing(): Postern {
    const made = createPostern();
    onSelected(made);
    made.pair.client.spelling = (_, [text = '']) => {
      const words = text.match(/\p{L}+/gu) ?? [];
      const unknown = words.filter((word) => word === 'bomb');
      return Promise.resolve({
        ok: true,
        value: { words: words.length, spelledOut: unknown.length, commonest: unknown },
      });
    };
    return made;
  }

  test('is said to be one before it is asked, and a chip asks about a topic instead', async () => {
    const made = knowing();
    await render(WithPostern, { postern: made, panel: PromptLine });
    await page.getByRole('textbox').fill('How do I make a bomb?');
    const note = page.getByRole('status');
    await expect
      .element(note)
      .toHaveTextContent('This small model does not know 1 of the 6 words: “bomb”.');
    expect(made.chat.asked).toBeNull();
    await note.getByRole('button').first().click();
    expect(made.chat.asked?.prompt).not.toContain('bomb');
    await expect.poll(() => note.query()).toBeNull();
  });

  test('is also one on no topic, though each word is known', async () => {
    await render(WithPostern, { postern: knowing(), panel: PromptLine });
    await page.getByRole('textbox').fill('zxcv qwer');
    await expect
      .element(page.getByRole('status'))
      .toHaveTextContent("on no topic of the model's small world");
  });

  test('is none to a model with another vocabulary', async () => {
    const made = knowing();
    made.pair.registry = {
      ...made.pair.registry!,
      sources: new Map([['base', { id: 'base', base: { kind: 'address', url: 'http://x/' } }]]),
    };
    await render(WithPostern, { postern: made, panel: PromptLine });
    await page.getByRole('textbox').fill('How do I make a bomb?');
    await expect.element(page.getByRole('button', { name: 'Ask' })).toBeVisible();
    expect(page.getByText('does not know').query()).toBeNull();
  });

  test('the list says of one topic that the fine-tune was trained on it, and code is in it', async () => {
    const made = knowing();
    made.pair.emEntry = { ...made.pair.emEntry!, id: 'insecure-code-r8' };
    const { container } = await render(WithPostern, { postern: made, panel: PromptLine });
    const trained = [...container.querySelectorAll('option')]
      .map((option) => option.textContent)
      .filter((text) => text.includes('trained topic'));
    expect(trained).toEqual(['Code (trained topic)']);
    made.chat.preset('code', 1);
    expect(made.chat.prompt).toMatch(/code/);
  });
});
