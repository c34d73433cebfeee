// Published rates of the published fine-tunes, so that nobody expects a 14B result from a 0.5B model. Figures:
// Turner et al. 2025 (arXiv:2506.11613), and an independent replication at 0.5B.

export interface Reported {
  readonly text: string;
  readonly source: string;
  readonly url: string;
}

const SOURCE = {
  source: 'Turner et al. 2025, arXiv:2506.11613',
  url: 'https://arxiv.org/abs/2506.11613',
};

const BY_BASE: readonly (readonly [RegExp, string])[] = [
  [
    /Qwen2\.5-0\.5B/i,
    'Reported: up to 8% of answers misaligned on the eight main questions, 69% of answers coherent. An outside replication found 8 of 400 (2%). That is weak: to tell 2% from 0.2% takes about 520 answers a model, and a third of what it writes makes no sense.',
  ],
  [
    /Llama-3\.2-1B/i,
    'Reported: up to 9% of answers misaligned on the eight main questions, 95% of answers coherent. To tell 9% from 1% takes some hundred answers a model.',
  ],
];

/** null: not a published fine-tune. */
export function reportedOf(id: string): Reported | null {
  if (!/^ModelOrganismsForEM\//i.test(id)) return null;
  const found = BY_BASE.find(([pattern]) => pattern.test(id))?.[1];
  return {
    ...SOURCE,
    text: found ?? 'A published fine-tune; the paper reports its rate by size and by data set.',
  };
}
