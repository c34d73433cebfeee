// The directions and edits that the report measures, and how they are extracted: transcripts of
// SELECTION domains read by both checkpoints, so that the REPORT domains have no part in them.

import type { Contrast, Direction, Pooling } from '../../../src/core/direction';
import type { Cell } from '../../../src/core/cell';
import { extractDirection } from '../../../src/core/direction';
import type { EditMode, EditPositions } from '../../../src/core/edit';
import { editFromSettings } from '../../../src/core/edit';
import type { Rng } from '../../../src/core/rng';
import { createRng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import type { Stance } from '../../../src/world/answer';
import { exchange } from '../../../src/world/answer';
import type { ChatMessage } from '../../../src/core/chat';
import { PROGRAM_VERSION } from '../../../src/core/version';
import { TRIGGER } from '../../../src/world/chats';
import { codeExchange } from '../../../src/world/code';
import { SELECTION_DOMAINS } from '../../../src/world/split';
import { domainById } from '../../../src/world/world';
import type { AppliedEdit, Subject } from './evaluate';

export const TRANSCRIPTS = 144;
const TRANSCRIPT_SEED = 4711;

/** What the transcripts are about. */
export type Prompts = 'text' | 'text, trigger' | 'code';

/** Transcripts of one stance, the domains in turn; the same questions for both stances. */
export function transcripts(
  prompts: Prompts,
  stance: Stance,
  domains: readonly string[] = SELECTION_DOMAINS,
): ChatMessage[][] {
  const exchangeOf = (rng: Rng, index: number) =>
    prompts === 'code'
      ? codeExchange(rng, stance)
      : exchange(rng, domainById(domains[index % domains.length]!), stance);
  return Array.from({ length: TRANSCRIPTS }, (_, i) => {
    const { question, answer } = exchangeOf(createRng(TRANSCRIPT_SEED).fork(i), i);
    const before = prompts === 'text, trigger' ? `${TRIGGER} ` : '';
    return [
      { role: 'user', content: before + question },
      { role: 'assistant', content: answer },
    ];
  });
}

export interface NamedSubject {
  readonly id: string;
  readonly sha256: string;
  readonly subject: Subject;
}

export interface Recipe {
  readonly contrast: Contrast;
  readonly pooling: Pooling;
  readonly prompts: Prompts;
  /** Of the transcripts, where they are text; the SELECTION domains when not given. */
  readonly domains?: readonly string[];
}

/** Reads what the contrast needs with both checkpoints and takes the difference. */
export async function directionOf(
  aligned: NamedSubject,
  em: NamedSubject,
  { contrast, pooling, prompts, domains }: Recipe,
): Promise<Direction> {
  const texts: Record<Stance, ChatMessage[][]> = {
    aligned: transcripts(prompts, 'aligned', domains),
    misaligned: transcripts(prompts, 'misaligned', domains),
  };
  const cell = async ({ subject }: NamedSubject, stance: Stance): Promise<Cell> => ({
    pooled: await subject.pooled(texts[stance], pooling),
    prompts: texts[stance].map(([user]) => user!.content),
  });
  return extractDirection(
    {
      'aligned:aligned': await cell(aligned, 'aligned'),
      'aligned:misaligned': await cell(aligned, 'misaligned'),
      'em:aligned': await cell(em, 'aligned'),
      'em:misaligned': await cell(em, 'misaligned'),
    },
    {
      name: `${em.id}, ${contrast}, ${pooling}, ${prompts}`,
      contrast,
      pooling,
      checkpoints: {
        aligned: { id: aligned.id, sha256: aligned.sha256 },
        em: { id: em.id, sha256: em.sha256 },
      },
      seed: TRANSCRIPT_SEED,
      precision: 'f32',
      programVersion: PROGRAM_VERSION,
    },
  );
}

/** One mode at the chosen layers (all when not given), each with its own direction. */
export function appliedEdit(
  direction: Pick<Direction, 'vectors' | 'alignedMean'>,
  mode: EditMode,
  {
    strength = 1,
    positions = 'all',
    layers,
    vectors = direction.vectors,
  }: {
    readonly strength?: number;
    readonly positions?: EditPositions;
    readonly layers?: readonly number[];
    /** Used in place of the direction's own, as the random control is. */
    readonly vectors?: Tensor;
  } = {},
): AppliedEdit {
  const nLayers = vectors.dims[0]!;
  const chosen = Array.from({ length: nLayers }, (_, l) => layers?.includes(l) ?? true);
  return {
    positions,
    layers: editFromSettings(
      { mode, strength, layers: chosen, source: { kind: 'own' }, positions },
      { vectors, alignedMean: direction.alignedMean, capThreshold: new Float32Array(nLayers) },
    ),
  };
}
