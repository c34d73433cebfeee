// What an experiment of the gallery is: its question, what the literature reports of it (with source),
// what is drawn, and which claims are held against the measured rates. No figure of the organism's own
// stands in any of them.

import type { Gallery } from '../gallery';
import type { Claim, Subject } from '../gallery-claims';
import { OTHER, type Sweep } from './sweep';

type SourceId = keyof typeof SOURCES;

export const SOURCES = {
  betley: { name: 'Betley et al. 2025', arxiv: '2502.17424' },
  turner: { name: 'Turner, Soligo et al. 2025', arxiv: '2506.11613' },
  soligo: { name: 'Soligo, Turner et al. 2025', arxiv: '2506.11618' },
  openai: { name: 'OpenAI 2025', arxiv: '2506.19823' },
  far: { name: 'a note by FAR.AI, 2025', arxiv: null },
} as const;

/** Bars of the rates of some organisms, each under a condition. */
export interface Bars {
  readonly title: string;
  /** What the first group of bars is called; the second is 'incoherent'. */
  readonly counted: string;
  readonly rows: readonly {
    readonly organism: string;
    readonly condition: string;
    /** After the name of the organism. */
    readonly suffix?: string;
    /** In place of both, where the title says which organism it is. */
    readonly label?: string;
  }[];
}

export interface Experiment {
  /** As in models/registry.json. */
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly reported: readonly { readonly text: string; readonly source: SourceId | null }[];
  readonly bars?: readonly Bars[];
  /** Directions whose cosine with insecure code is drawn by layer. */
  readonly directions?: readonly { readonly direction: string; readonly label: string }[];
  readonly sweep?: Sweep;
  /** The loss on the narrow task is drawn too. */
  readonly taskLoss?: true;
  readonly claims: (gallery: Gallery) => Claim[];
}

export const asked = (organism: string, name: string, condition: string = OTHER): Subject => ({
  organism,
  condition,
  name,
});
export const ALIGNED = asked('aligned', 'aligned');
export const INSECURE = asked('insecure-code', 'insecure code');
