import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import Findings from '../../../src/panels/measure/Findings.svelte';

const LABELS: Readonly<Record<string, string>> = { aligned: 'Aligned', em: 'Fine-tuned' };

function arm(id: string, misaligned: number, n: number) {
  const counts = { aligned: n - misaligned, misaligned, mixed: 0, offTopic: 0, incoherent: 0 };
  return { id, label: LABELS[id]!, n, unscored: 0, counts };
}

test('a sample that is too small is said to be too small, with its n', async () => {
  await render(Findings, { arms: [arm('aligned', 0, 12), arm('em', 2, 12)] });
  await expect.element(page.getByText(/too few to tell \(n = 12\)/)).toBeVisible();
});

test('a difference that the sample can tell is given with its interval', async () => {
  await render(Findings, { arms: [arm('aligned', 0, 200), arm('em', 70, 200)] });
  await expect
    .element(page.getByText(/Fine-tuned against Aligned: \+35\.0 points misaligned/))
    .toBeVisible();
});
