// The room on its page: of two fine-tunes each is held against its own edit, and says which it is.

import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import ClassResultsSection from '../../../src/panels/class-results/ClassResults.svelte';
import { createPostern } from '../../../src/state/page/postern';
import { MEASUREMENT } from '../../unit/formats/class-record';
import WithPostern from './WithPostern.svelte';

test('an edit of one fine-tune is never held against another', async () => {
  const postern = createPostern();
  const of = (checkpoint: string, sha: string, seed: number) => ({
    ...MEASUREMENT,
    seed,
    arms: MEASUREMENT.arms.map((one) =>
      one.id === 'aligned' ? { ...one, checkpoint: 'base' } : { ...one, checkpoint, sha },
    ),
  });
  await postern.classResults.add([
    of('insecure-code', '0123abcd', 1),
    of('bad-medical', '4567abcd', 2),
  ]);
  await render(WithPostern, { postern, panel: ClassResultsSection });
  const findings = page.getByRole('list', { name: /^Differences/ });
  const own = 'The em model (2, bad-medical 4567abcd, f32)';
  await expect
    .element(findings)
    .toHaveTextContent(`The edited model (2, bad-medical 4567abcd, f32) against ${own}`);
  expect(findings.getByRole('listitem').all()).toHaveLength(6);
  for (const item of findings.getByRole('listitem').all()) {
    const text = item.element().textContent;
    expect(text.includes('insecure-code') && text.includes('bad-medical')).toBe(false);
  }
  await postern.classResults.remove(postern.classResults.list);
});
