// What follows when a lesson is opened from the list or the offer, which may be gone then: its step has the
// focus, and the page is at its top.

import { tick } from 'svelte';
import { findPlace } from '../places';

export async function begin(open: () => Promise<void>): Promise<void> {
  const opened = open();
  await tick();
  scrollTo({ top: 0 });
  findPlace('lesson')?.focus({ preventScroll: true });
  await opened;
}
