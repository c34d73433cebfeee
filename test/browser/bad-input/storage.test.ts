import * as v from 'valibot';
import { afterEach, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import StorageNote from '../../../src/panels/shell/StorageNote.svelte';
import { whole } from '../../../src/state/saved/form';
import { readSaved, storageFailure, writeSaved } from '../../../src/state/saved';

afterEach(() => {
  vi.restoreAllMocks();
});

// One test: that storage failed is remembered for the whole visit.
test('full storage is said once, with what to do, and what was kept before can still be read', async () => {
  await writeSaved('test', { kept: 1 });
  expect(storageFailure()).toBeNull();
  await render(StorageNote);
  await expect.element(page.getByRole('alert')).not.toBeInTheDocument();

  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
  });
  await writeSaved('test', { kept: 2 });
  await expect.element(page.getByRole('alert')).toHaveTextContent(/IndexedDB\) is full.*free some/);
  expect(await readSaved('test', whole(v.object({ kept: v.number() })))).toEqual({ kept: 1 });

  await page.getByRole('button', { name: 'Close' }).click();
  await writeSaved('test', { kept: 3 });
  await expect.element(page.getByRole('alert')).not.toBeInTheDocument();
});
