// The form of a gallery experiment: its question, what the literature reports (with source), which charts it
// has, and which claims are compared with the measured rates. None of them contains a measured number.

import type { Gallery } from '../gallery';
import type { Claim, Subject } from '../gallery-claims';
import { OTHER, type Sweep } from './sweep';

type SourceId = keyof typeof SOURCES;

export const SOURCES = {
  betley: { name: 'Betley et al. 2025', url: 'https://arxiv.org/abs/2502.17424' },
  turner: { name: 'Turner, Soligo et al. 2025', url: 'https://arxiv.org/abs/2506.11613' },
  soligo: { name: 'Soligo, Turner et al. 2025', url: 'https://arxiv.org/abs/2506.11618' },
  openai: { name: 'OpenAI 2025', url: 'https://arxiv.org/abs/2506.19823' },
  far: {
    name: 'a note by FAR.AI, 2025',
    url: 'https://far.ai/news/why-does-training-on-insecure-code-make-models-broadly-misaligned',
  },
} as const;

/** Rates of some fine-tunes as bars, each under a condition. */
export interface Bars {
  readonly title: string;
  /** Name of the first group of bars; the second is 'incoherent'. */
  readonly counted: string;
  readonly rows: readonly {
    readonly organism: string;
    readonly condition: string;
    /** Appended to the name of the fine-tune. */
    readonly suffix?: string;
    /** Replaces name and suffix, if the title already names the fine-tune. */
    readonly label?: string;
  }[];
}

export interface Experiment {
  /** Id in models/registry.json. */
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly reported: readonly { readonly text: string; readonly source: SourceId | null }[];
  readonly bars?: readonly Bars[];
  /** Directions whose cosine with the insecure-code direction is drawn by layer. */
  readonly directions?: readonly { readonly direction: string; readonly label: string }[];
  readonly sweep?: Sweep;
  /** Also draws the loss on the narrow task. */
  readonly taskLoss?: true;
  readonly claims: (gallery: Gallery) => Claim[];
  /** The answer to `question` in one sentence of this organism's figures; null where they are not there. */
  readonly answer: (gallery: Gallery) => string | null;
}

export const asked = (organism: string, name: string, condition: string = OTHER): Subject => ({
  organism,
  condition,
  name,
});
export const ALIGNED = asked('aligned', 'aligned');
export const INSECURE = asked('insecure-code', 'insecure code');
