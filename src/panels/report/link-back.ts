import { writeLink } from '../../formats/link';
import { type LinkedResult, linkOf } from '../../state/page/link.svelte';
import type { Postern } from '../../state/page/postern';
import type { ReportLink } from './report-page';
import { messageOf } from '../../core/message';

/** The page's address, without a fragment. */
export const pageAddress = (): string => location.href.split('#')[0] ?? '';

/**
 * The link to a result, with a list of what it can't carry.
 * @param missing items missing in addition to what the link itself reports
 */
export function linkBack(
  postern: Postern,
  tab: string,
  result: LinkedResult,
  missing: readonly string[] = [],
): ReportLink {
  try {
    const link = linkOf(postern, tab, { lesson: null, ...result });
    return { url: pageAddress() + writeLink(link.state), missing: [...link.missing, ...missing] };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}
