// The form "Your own model" of the built page, as a person fills it in.

import type { Locator, Page } from 'playwright';
import { column, openTool } from './postern-page';

export const customSection = (page: Page): Locator =>
  page.getByRole('region', { name: 'Your own model' });

/** The fields of the base or of the fine-tune. */
export const place = (page: Page, name: 'Base' | 'Fine-tune'): Locator =>
  customSection(page).getByRole('group', { name }).first();

export const press = (page: Page, name: string): Promise<void> =>
  customSection(page).getByRole('button', { name, exact: true }).click();

/** Asks a pair of which no direction was extracted: the edited column waits for one. */
export async function askBoth(page: Page, question: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Question to all three models' }).fill(question);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  for (const name of ['Aligned', 'Fine-tuned'] as const) {
    const asked = column(page, name);
    await asked.locator('.token').first().waitFor();
    await asked.and(page.locator('[aria-busy="false"]')).waitFor();
  }
}

/** Names two repositories of a mirror; nothing is asked of it yet. */
export async function nameRepositories(
  page: Page,
  { base, fineTune, endpoint }: Readonly<Record<'base' | 'fineTune' | 'endpoint', string>>,
): Promise<void> {
  await openTool(page, 'Models', 'Your own model');
  await place(page, 'Base').getByLabel('Repository').fill(base);
  await place(page, 'Fine-tune').getByLabel('Repository').fill(fineTune);
  await customSection(page).getByText('Mirror, private and gated repositories').click();
  await customSection(page).getByLabel('Endpoint', { exact: true }).fill(endpoint);
}
