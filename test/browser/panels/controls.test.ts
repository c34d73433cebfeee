// The controls under a person's hands: closed sections with answers, charts with tables, the command of every row,
// and rows that are not measured yet said to be so.

import * as v from 'valibot';
import { beforeAll, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import { type Registry, RegistryFile } from '../../../src/organism/registry';
import { type Report, ReportFile } from '../../../src/organism/report';
import Controls from '../../../src/panels/models/controls/Controls.svelte';

let report: Report;
let registry: Registry;
const read = async (url: string): Promise<unknown> => (await fetch(url)).json();

beforeAll(async () => {
  report = v.parse(ReportFile, await read('/models/report.json'));
  registry = {
    ...v.parse(RegistryFile, await read('/models/registry.json')),
    folderUrl: location.href,
  };
});

test('what else removes it opens with a chart, its table, and the command of every row', async () => {
  await render(Controls, { report, registry });
  await page.getByRole('button', { name: 'Removed from Insecure code' }).click();
  const figure = page.getByRole('figure').first();
  await expect.element(figure.getByText('Secure code, checkpoint', { exact: true })).toBeVisible();
  await expect.element(figure.getByText('own, own-generation', { exact: true })).toBeVisible();
  await figure.getByRole('button', { name: 'Table' }).click();
  const cells = figure.getByRole('row', { name: /Style, checkpoint misaligned/ });
  await expect.element(cells).toHaveTextContent(/0\.\d{4}.*600/);
  await page.getByText('Figures, intervals and commands').click();
  const command = page.getByLabelText('command of Secure code, checkpoint').first();
  const { value } = command.element() as HTMLInputElement;
  expect(value).toMatch(
    /^npm run -s measure -- --model insecure-code --edit ablate-zero --direction secure-code /,
  );
});

test('rows that are not measured are said to be so, in the chart and in the table', async () => {
  const controls = { ...report.controls!, rows: [], hypotheses: undefined };
  await render(Controls, { report: { ...report, controls }, registry });
  await expect.element(page.getByText('Not measured yet.').first()).toBeVisible();
  await page.getByRole('button', { name: 'Added to the aligned model' }).click();
  await expect.element(page.getByRole('figure').getByText('not measured').first()).toBeVisible();
  await page.getByText('Figures, intervals and commands').click();
  await expect.element(page.getByText('not measured yet', { exact: true }).first()).toBeVisible();
  await expect
    .element(page.getByLabelText('command of isotropic'))
    .toHaveValue('npm run -s organism:report -- --only=controls,hypotheses');
});

test('what was expected says held, did not hold, or not measured, each with values and bounds', async () => {
  const outcomes = [
    {
      id: 'a',
      says: 'A holds.',
      held: true,
      missing: 0,
      tests: [
        {
          about: 'a: misaligned',
          value: 0.05,
          low: 0.03,
          high: 0.08,
          atMost: 0.06,
          held: true,
          certain: false,
        },
      ],
    },
    {
      id: 'b',
      says: 'B holds.',
      held: false,
      missing: 0,
      tests: [{ about: 'b: misaligned', value: -0.4, atLeast: 0.2, held: false, certain: false }],
    },
    { id: 'c', says: 'C holds.', held: null, missing: 2, tests: [] },
  ];
  const hypotheses = { file: 'models/x.json', date: '2026-11-30', outcomes };
  const controls = { ...report.controls!, hypotheses };
  await render(Controls, { report: { ...report, controls }, registry });
  const words = 'Of 3, 1 held, 1 did not hold, 1 not measured yet.';
  await expect.element(page.getByText(words)).toBeVisible();
  await page.getByRole('button', { name: 'What was expected' }).click();
  await userEvent.click(page.getByText(/^1 of 1 tests held; the interval of 1 reaches/));
  const row = page.getByRole('row', { name: /^a: misaligned/ });
  await expect
    .element(row)
    .toHaveTextContent(/0\.050 \[0\.030, 0\.080\].*at most 0\.060.*held, uncertain/);
  await page.getByText(/^0 of 1 tests held; 1 failed/).click();
  await expect
    .element(page.getByRole('row', { name: /^b: misaligned/ }))
    .toHaveTextContent(/−0\.400.*at least 0\.200/);
  await expect.element(page.getByText('0 of 2 tests held; 2 not measured')).toBeVisible();
});
