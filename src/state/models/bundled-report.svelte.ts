// The report that ships with the bundled models, for every tool that says what is known before anything is measured.

import { messageOf } from '../../core/message';
import type { Registry } from '../../organism/registry';
import { fetchReport, type Report } from '../../organism/report';

export class BundledReport {
  /** Undefined until it is read; null where this copy has none. */
  report = $state.raw<Report | null | undefined>(undefined);
  /** Why it can't be read; '' otherwise. */
  problem = $state('');
  #reading: Registry | null = null;

  /** Reads it once; after a failure again. */
  async read(registry: Registry | null): Promise<void> {
    if (registry === null || this.#reading === registry) return;
    this.#reading = registry;
    this.problem = '';
    try {
      this.report = await fetchReport(registry);
    } catch (error) {
      this.problem = messageOf(error);
      this.#reading = null;
    }
  }
}
