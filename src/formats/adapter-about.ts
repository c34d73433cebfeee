// The description of an adapter that was trained in the page, stored beside its files: in the browser's
// storage, and in bundles, which may come from anyone.

import * as v from 'valibot';

export const AboutSchema = v.object({
  title: v.pipe(v.string(), v.minLength(1), v.maxLength(120)),
  kind: v.picklist(['em', 'benign', 'control', 'variant']),
  /** Data and settings in words. */
  made: v.pipe(v.string(), v.maxLength(600)),
  rank: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024)),
  alpha: v.pipe(v.number(), v.gtValue(0), v.maxValue(1e4)),
  examples: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1e7)),
  steps: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1e7)),
  /** SHA-256 of the base that the adapter was trained on. */
  baseSha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** Unix time. */
  atMs: v.number(),
});

export type AdapterAbout = v.InferOutput<typeof AboutSchema>;
