// Opens a lesson, scrolls the page to its top and focuses the step, because the button that opened it may be gone.

import { tick } from 'svelte';
import { findPlace } from '../places';

export async function begin(open: () => Promise<void>): Promise<void> {
  const opened = open();
  await tick();
  scrollTo({ top: 0 });
  findPlace('lesson')?.focus({ preventScroll: true });
  await opened;
}
