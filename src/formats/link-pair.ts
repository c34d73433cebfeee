// A custom pair as fields of a link: its folders, their sources, and the precision; or the server that answers, with the
// folder of its tokenizer and the name of its LoRA. Neither a read token nor a server's key is part of it, and an address that could contain a secret (a user, a query) is neither written nor read.

import * as v from 'valibot';
import { PRECISIONS, type Precision } from '../core/precision';

export type LinkPlace =
  | { readonly from: 'hub'; readonly id: string; readonly revision: string }
  | { readonly from: 'address'; readonly url: string };

/** A pair on a server. */
export interface ServedLink {
  readonly kind: 'server';
  readonly engine: 'llama' | 'vllm';
  readonly url: string;
  /** The folder with configuration and tokenizer. */
  readonly base: LinkPlace;
  /** The LoRA that is the fine-tune, as the server lists it. */
  readonly lora: string;
}

export type LinkPair = FolderLink | ServedLink;

/** A pair whose weights are downloaded. */
export interface FolderLink {
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
  kind: v.optional(v.picklist(['adapter', 'checkpoint', 'server'])),
  base: v.optional(place),
  tune: v.optional(place),
  hub: v.optional(address),
  keep: v.optional(v.picklist(['auto', ...PRECISIONS])),
  engine: v.optional(v.picklist(['llama', 'vllm'])),
  server: v.optional(address),
  name: v.optional(v.pipe(v.string(), v.maxLength(400))),
};

type Fields = v.InferOutput<v.StrictObjectSchema<typeof PAIR_FIELDS, undefined>>;

const text = (of: LinkPlace): string => (of.from === 'hub' ? `${of.id}@${of.revision}` : of.url);

export function pairFields(pair: LinkPair): readonly (readonly [string, string | null])[] {
  if (pair.kind === 'server') {
    const { kind, engine, url, base, lora } = pair;
    return [
      ['kind', kind],
      ['engine', engine],
      ['server', url],
      ['base', text(base)],
      ['name', lora],
    ];
  }
  const { kind, base, fineTune, endpoint, precision } = pair;
  return [
    ['kind', kind],
    ['base', text(base)],
    ['tune', text(fineTune)],
    ['hub', endpoint],
    ['keep', precision],
  ];
}

/**
 * The pair that the fields name; null: no field is present.
 * @returns why the fields are not a pair, for people, where some are missing.
 */
export function pairOf(fields: Fields): LinkPair | string | null {
  const { kind, base, tune, hub, keep, engine, server, name } = fields;
  const folders = [tune, hub, keep].some((field) => field !== undefined);
  const served = [engine, server, name].some((field) => field !== undefined);
  if (!folders && !served && kind === undefined && base === undefined) return null;
  if (kind === 'server') {
    if (folders) return 'it names folders to download and a server that answers';
    if (!engine || server === undefined || !base || name === undefined) {
      return 'it names only part of a pair on a server';
    }
    return { kind, engine, url: server, base, lora: name };
  }
  if (served) return 'it names a server for a pair that is downloaded';
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
