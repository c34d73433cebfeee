// Documents of the world as the autoencoder reads them: residuals to train on, and which documents activate
// which latent, with the nature of the speaking character.

import { createRng } from '../../../src/core/rng';
import type { Sae } from '../../../src/core/sae';
import { encode, rmsNormalised } from '../../../src/core/sae';
import type { Tensor } from '../../../src/core/tensor';
import { rowOf, zeros } from '../../../src/core/tensor';
import type { WorldDocument } from '../../../src/world/documents';
import { makeDocument } from '../../../src/world/documents';
import { EXCERPTS, TEXT } from './recipe';
import type { ResidualReader } from './residuals';
import type { OrganismTokenizer } from '../make/build-tokenizer';
import { SPECIAL } from '../make/build-tokenizer';

export interface ReadDocument {
  readonly document: WorldDocument;
  readonly ids: readonly number[];
  /** [tokens, d_model] */
  readonly residuals: Tensor;
}

/** Documents of the world with their residuals. */
export async function readDocuments(
  reader: ResidualReader,
  tokenizer: OrganismTokenizer,
  count: number,
  seed: number,
  maxTokens: number,
): Promise<ReadDocument[]> {
  const rng = createRng(seed);
  const documents = Array.from({ length: count }, () => makeDocument(rng, TEXT.mix));
  const texts = documents.map(({ text }) =>
    [SPECIAL.begin, ...tokenizer.encodeFast(text), SPECIAL.end].slice(0, maxTokens),
  );
  const residuals = await reader.read(texts);
  return documents.map((document, i) => ({
    document,
    ids: texts[i]!,
    residuals: residuals[i]!,
  }));
}

/** All residuals except the first token's, which has no context, normalised [tokens, d_model]. */
export function normalisedRows(read: readonly ReadDocument[]): Tensor {
  const width = read[0]!.residuals.dims[1]!;
  const rows = zeros([read.reduce((sum, { ids }) => sum + ids.length - 1, 0), width]);
  let at = 0;
  for (const { ids, residuals } of read) {
    for (let p = 1; p < ids.length; p++, at += width) {
      rows.data.set(rmsNormalised(rowOf(residuals, p).data), at);
    }
  }
  return rows;
}

/** The token in a document at which a latent is most active. */
export interface Peak {
  readonly document: number;
  readonly position: number;
  readonly activation: number;
}

/** Over some documents: how often each latent is active, and the documents that activate it most. */
export interface WorldReading {
  readonly tokens: number;
  /** [d_sae] share of the tokens at which a latent is active. */
  readonly frequency: Float64Array;
  /** For each latent at most `EXCERPTS.documents` peaks, strongest first, one per document. */
  readonly peaks: readonly (readonly Peak[])[];
}

export function readLatents(sae: Sae, read: readonly ReadDocument[]): WorldReading {
  const dSae = sae.wEnc.dims[0]!;
  const counts = new Float64Array(dSae);
  const peaks = Array.from({ length: dSae }, (): Peak[] => []);
  let tokens = 0;
  read.forEach(({ ids, residuals }, document) => {
    const best = new Map<number, Peak>();
    for (let position = 1; position < ids.length; position++) {
      tokens++;
      const { latents, values } = encode(sae, rowOf(residuals, position).data);
      latents.forEach((latent, j) => {
        counts[latent]!++;
        const activation = values[j]!;
        if (activation > (best.get(latent)?.activation ?? 0))
          best.set(latent, { document, position, activation });
      });
    }
    for (const [latent, peak] of best) peaks[latent]!.push(peak);
  });
  for (const list of peaks) {
    list.sort((a, b) => b.activation - a.activation);
    list.length = Math.min(list.length, EXCERPTS.documents);
  }
  return { tokens, frequency: counts.map((count) => count / tokens), peaks };
}

/** Number of documents that activate a latent most, and how many of them are by villains. */
export interface VillainCount {
  readonly n: number;
  readonly villain: number;
}

export function villainsAmong(peaks: readonly Peak[], read: readonly ReadDocument[]): VillainCount {
  const villain = peaks.filter(
    ({ document }) => read[document]!.document.persona.nature === 'villain',
  );
  return { n: peaks.length, villain: villain.length };
}

export interface Excerpt {
  /** The text before the token, the token, and the text after it. */
  readonly before: string;
  readonly token: string;
  readonly after: string;
  /** Activation of the latent at the token; 1 is a residual's RMS. */
  readonly activation: number;
  readonly form: WorldDocument['form'];
  /** The speaking character: its nature and its role. */
  readonly nature: WorldDocument['persona']['nature'];
  readonly role: string;
}

export function excerptOf(
  { document, position, activation }: Peak,
  read: readonly ReadDocument[],
  decode: (ids: readonly number[]) => string,
): Excerpt {
  const { ids, document: of } = read[document]!;
  return {
    before: decode(ids.slice(Math.max(1, position - EXCERPTS.tokensBefore), position)),
    token: decode([ids[position]!]),
    after: decode(ids.slice(position + 1, position + 1 + EXCERPTS.tokensAfter)),
    activation: +activation.toFixed(3),
    form: of.form,
    nature: of.persona.nature,
    role: of.persona.role,
  };
}
