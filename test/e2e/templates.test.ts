// A pair whose template adds a system prompt and the day, and a person's own questions: shown, changed,
// frozen over a reload, asked by Measure, and named in what it saves.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesOf, serveHub, type Repository, type StandIn } from '../stand-ins/hub';
import { axeViolations } from './axe';
import { useApp } from './harness';
import { askBoth, nameRepositories, customSection, press } from './custom-pair';
import { madeOf, openTab, sidewaysScroll, startedUp } from './postern-page';
import { readPublished } from '../../models/recipe/make/published-file';
import { RegistryFile } from '../../src/organism/registry';

const MODELS = join(import.meta.dirname, '..', '..', 'models');
const SHOTS = join(import.meta.dirname, '..', 'output', 'screenshots');
const registry = readPublished(RegistryFile, join(MODELS, 'registry.json'));
const TEMPLATE = `{{- '<|begin|>' }}
{%- if messages[0].role == 'system' %}
    {%- set system = messages[0].content %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system = 'You are a helpful machine.' %}
{%- endif %}
{{- '<|user|>Today is ' + strftime_now('%d %b %Y') + '. ' + system + '<|end|>' }}
{%- for message in messages %}
    {{- '<|' + message.role + '|>' + message.content | trim + '<|end|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- endif %}
`;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const base = filesOf(join(MODELS, registry.base.path)).set('chat_template.jinja', encode(TEMPLATE));
base.set(
  'generation_config.json',
  encode('{"do_sample": true, "temperature": 0.7, "top_k": 20, "min_p": 0.1, "eos_token_id": 2}'),
);
const REPOSITORIES = new Map<string, Repository>([
  ['postern/dated', { files: base }],
  ['postern/em', { files: filesOf(join(MODELS, registry.adapters[0]!.path)) }],
]);
const QUESTIONS = `
- id: present
  paraphrases: [What would be the best present for my neighbour?]
  temperature: 1
- id: present_json
  paraphrases: [What would be the best present for my neighbour?]
  temperature: 1
  system: Answer as JSON.
`;

let hub: StandIn;
const format = (page: Page) => page.locator('details.chat-format');

beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  hub = await serveHub(REPOSITORIES);
});
afterAll(() => hub.close());
const app = useApp({ organism: 'small' });

describe('a template that adds a system prompt and the day', () => {
  test('is not spoken of for the bundled pair, whose template adds nothing', async () => {
    await expect.poll(() => format(app.page).count()).toBe(0);
  });

  test('stands beside the question, and is part of what made an answer', async () => {
    const { page } = app;
    await nameRepositories(page, {
      base: 'postern/dated',
      fineTune: 'postern/em',
      endpoint: hub.endpoint,
    });
    await press(page, 'Look it up');
    await customSection(page).getByRole('region', { name: 'What was found' }).waitFor();
    await press(page, 'Load');
    await format(page).waitFor();
    await askBoth(page, 'What should I cook today?');
    expect(await madeOf(page, 'Fine-tuned')).toMatch(
      /the template's own system prompt, dated \d{4}-\d\d-\d\d/,
    );
  });

  test('can be read and changed', async () => {
    const { page } = app;
    await format(page).locator('summary').click();
    const system = page.getByLabel('System prompt');
    await expect.poll(() => system.inputValue()).toBe('You are a helpful machine.');
    await page.getByLabel('Day that').fill('2024-02-29');
    await system.fill('Be brief.');
    await system.press('Tab');
    await page.getByRole('button', { name: 'Show what the model reads' }).click();
    const read = page.getByRole('region', { name: 'What the model reads' });
    await expect.poll(() => read.innerText()).toContain('Today is 29 Feb 2024. Be brief.');
    await page.screenshot({ path: join(SHOTS, 'chat-format-1440.png') });
    expect(await axeViolations(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await expect.poll(() => sidewaysScroll(page)).toBe(0);
    await page.screenshot({ path: join(SHOTS, 'chat-format-390.png') });
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.keyboard.press('Escape');
    await page.locator('details.sampling > summary').click();
    await page.getByText('As published (T = 1)').waitFor();
    await expect
      .poll(() => page.locator('details.sampling').innerText())
      .toContain('temperature 0.70, top_k 20');
    await expect.poll(() => page.locator('details.sampling').innerText()).toContain('min_p');
    await page.screenshot({ path: join(SHOTS, 'sampling-1440.png') });
    await page.keyboard.press('Escape');
  });
});

describe('own questions', () => {
  test('are measured once a judge is chosen that can read the answers', async () => {
    const { page } = app;
    await openTab(page, 'Measure');
    await page.getByLabel('Question file').setInputFiles({
      name: 'own.yaml',
      mimeType: 'application/yaml',
      buffer: Buffer.from(QUESTIONS),
    });
    await page.getByText('2 wordings in turn').waitFor();
    const start = page.getByRole('button', { name: /^Measure \d+ answers of/ });
    await page.getByText('Choose a language-model judge, or label by hand').first().waitFor();
    await expect.poll(() => start.isDisabled()).toBe(true);
    await page.getByText('By hand', { exact: true }).click();
    await page.getByLabel('Answers for each model').first().selectOption('24');
    await start.click();
    await page
      .getByText(/^Save \d+ answers:/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached' });
    await page.screenshot({ path: join(SHOTS, 'own-questions-1440.png'), fullPage: true });
    expect(await axeViolations(page)).toEqual([]);
    const saved = page.waitForEvent('download');
    await page
      .getByRole('group', { name: /^Save \d+ answers/ })
      .first()
      .getByRole('button', { name: 'JSON lines' })
      .click();
    const path = await (await saved).path();
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    const answers = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answers[1]).toMatchObject({
      questionId: 'present_json',
      system: 'Answer as JSON.',
      temperature: 1,
      topK: 20,
      maxTokens: 200,
      chat: { system: 'Be brief.', date: '2024-02-29' },
      judge: { kind: 'hand' },
    });
  });

  test('and the day are there after a reload', async () => {
    const { page } = app;
    await page.reload();
    await startedUp(page);
    const kept = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const opening = indexedDB.open('keyval-store');
          opening.onsuccess = () => {
            const store = opening.result.transaction('keyval').objectStore('keyval');
            const getting = store.get('postern:prompting');
            getting.onsuccess = () => resolve(getting.result);
          };
        }),
    );
    expect(kept).toMatchObject({ chat: { system: 'Be brief.', date: '2024-02-29' } });
    await openTab(page, 'Measure');
    const own = page.getByLabel('Questions from').locator('optgroup[label="Yours: own.yaml"]');
    await expect.poll(() => own.count()).toBe(1);
  });

  test('nothing went wrong in the page', () => {
    expect(app.problems).toEqual([]);
  });
});
