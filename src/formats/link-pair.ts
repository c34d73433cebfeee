// A custom pair as fields of a link: its folders, their sources, and the precision. The read token is not part of it,
// and an address that could contain a secret (a user, a query) is neither written nor read.

import * as v from 'valibot';
import { PRECISIONS, type Precision } from '../core/precision';

export type LinkPlace =
  | { readonly from: 'hub'; readonly id: string; readonly revision: string }
  | { readonly from: 'address'; readonly url: string };

export interface LinkPair {
  readonly kind: 'adapter' | 'checkpoint';
  readonly base: LinkPlace;
  readonly fineTune: LinkPlace;
  /** The Hub or a mirror; null: both folders come from elsewhere. */
  readonly endpoint: string | null;
  readonly precision: 'auto' | Precision;
}

const address = v.pipe(
  v.string(),
  v.maxLength(400),
  v.check((text) => isPlainAddress(text), 'is no plain address (http or https, no user, no query)'),
);
/** `owner/name@revision`, or an address. */
const place = v.union([
  v.pipe(
    v.string(),
    v.regex(/^[\w.-]{1,96}\/[\w.-]{1,96}@[\w./-]{1,120}$/),
    v.transform((text): LinkPlace => {
      const [id = '', revision = ''] = text.split('@');
      return { from: 'hub', id, revision };
    }),
  ),
  v.pipe(
    address,
    v.transform((url): LinkPlace => ({ from: 'address', url })),
  ),
]);

/** All of them, or none. */
export const PAIR_FIELDS = {
  kind: v.optional(v.picklist(['adapter', 'checkpoint'])),
  base: v.optional(place),
  tune: v.optional(place),
  hub: v.optional(address),
  keep: v.optional(v.picklist(['auto', ...PRECISIONS])),
};

type Fields = v.InferOutput<v.StrictObjectSchema<typeof PAIR_FIELDS, undefined>>;

export function pairFields({ kind, base, fineTune, endpoint, precision }: LinkPair) {
  const text = (of: LinkPlace): string => (of.from === 'hub' ? `${of.id}@${of.revision}` : of.url);
  return [
    ['kind', kind],
    ['base', text(base)],
    ['tune', text(fineTune)],
    ['hub', endpoint],
    ['keep', precision],
  ] as const;
}

/**
 * The pair that the fields name; null: no field is present.
 * @returns why the fields are not a pair, for people, where some are missing.
 */
export function pairOf({ kind, base, tune, hub, keep }: Fields): LinkPair | string | null {
  const some = [kind, base, tune, hub, keep].some((field) => field !== undefined);
  if (!some) return null;
  if (!kind || !base || !tune || !keep) return 'it names only part of a pair';
  const usesHub = base.from === 'hub' || tune.from === 'hub';
  if (usesHub !== (hub !== undefined)) {
    return usesHub ? 'it does not say which Hub' : 'it names a Hub that nothing comes from';
  }
  return { kind, base, fineTune: tune, endpoint: hub ?? null, precision: keep };
}

/** Whether no part of the address can be a secret. */
export function isPlainAddress(text: string): boolean {
  if (!/^https?:\/\/[^\s?#]+$/.test(text)) return false;
  try {
    const { username, password } = new URL(text);
    return username === '' && password === '';
  } catch {
    return false;
  }
}
