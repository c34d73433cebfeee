// What a notebook repeats: the selected models, the question, the direction and the edit of the page, as plain data.

import type { CellName } from '../../core/cell';
import type { ChatMessage, ChatSettings } from '../../core/chat';
import type { Contrast, Pooling } from '../../core/direction';
import type { EditBase, EditSettings } from '../../core/edit';
import type { Sampling } from '../../core/sampling';

/** Where Python finds the files of a model. */
export type NotebookFolder =
  | {
      readonly kind: 'hub';
      /** `owner/name`. */
      readonly id: string;
      /** Branch, tag or commit. */
      readonly revision: string;
      /** The Hub or a mirror. */
      readonly endpoint: string;
    }
  /** In a copy of Postern, by its path there. */
  | { readonly kind: 'bundled'; readonly path: string }
  /** Anywhere else: the reader names the folder. */
  | { readonly kind: 'own'; readonly name: string };

export interface NotebookModel {
  readonly title: string;
  /** Hash of its merged weights, as the page shows it. */
  readonly sha256: string;
  readonly folder: NotebookFolder;
}

interface NotebookFineTune extends NotebookModel {
  /** A PEFT adapter of the base, not a whole second model. */
  readonly isAdapter: boolean;
  /** Vocabulary rows that it adds to the base's. */
  readonly addedRows: number;
}

/** One question with the seed of its answer. */
interface NotebookQuestion {
  readonly question: string;
  /** System prompt of its own; null: that of the chat settings. */
  readonly system: string | null;
  readonly seed: number;
}

/** The conditions of answers. */
interface Asked {
  readonly chat: ChatSettings;
  readonly sampling: Sampling;
  readonly maxTokens: number;
}

export interface NotebookQuestionAsked extends Asked, NotebookQuestion {
  /** The page's whole answers, by model; what it has not written is left out. */
  readonly answers: Readonly<Partial<Record<'aligned' | 'fine-tuned' | 'edited', string>>>;
}

interface NotebookRate {
  /** Model and edit. */
  readonly label: string;
  readonly misaligned: number;
  /** Answers with any villain sentence: misaligned, mixed, or misaligned off topic. */
  readonly anyVillain: number;
  readonly n: number;
}

export interface NotebookMeasured extends Asked {
  readonly questions: readonly NotebookQuestion[];
  readonly rates: readonly NotebookRate[];
  /** In words. */
  readonly judge: string;
}

export interface NotebookDirection {
  /** Its settings line. */
  readonly words: string;
  readonly contrast: Contrast | 'unknown';
  readonly pooling: Pooling;
  /** The texts of each side; null: only the saved file has it. */
  readonly texts: Readonly<
    Record<'aligned' | 'misaligned', readonly (readonly ChatMessage[])[]>
  > | null;
  /** Length by layer, as Postern has it. */
  readonly norms: readonly number[];
  /** Projection of the aligned mean by layer; null: not known. */
  readonly alignedLevels: readonly number[] | null;
  /** By layer; null: not known. */
  readonly capThreshold: readonly number[] | null;
}

interface NotebookEdit extends EditSettings {
  readonly base: EditBase;
  /** Times that the LoRA counts. */
  readonly loraScale: number;
  /** Seed of the random control; null: the real direction. */
  readonly randomSeed: number | null;
  /** Its settings line; null: nothing is edited. */
  readonly words: string | null;
}

export interface NotebookExperiment {
  /** ISO 8601. */
  readonly writtenAt: string;
  readonly programVersion: string;
  /** Leads back to the page; null: no link can. */
  readonly link: string | null;
  readonly aligned: NotebookModel;
  readonly fineTuned: NotebookFineTune;
  /** How Postern stored the weights. */
  readonly precision: string;
  /** The chat settings that transcripts are read with. */
  readonly chat: ChatSettings;
  readonly asked: NotebookQuestionAsked | null;
  readonly measured: NotebookMeasured | null;
  readonly direction: NotebookDirection | null;
  /** A second direction that an ablation removes with it. */
  readonly second: NotebookDirection | null;
  readonly edit: NotebookEdit;
}

/** `aligned` or `misaligned` texts, read by the aligned or the fine-tuned model. */
export const cellParts = (cell: CellName): readonly [model: string, texts: string] => {
  const [model = '', texts = ''] = cell.split(':');
  return [model === 'em' ? 'fine-tuned' : 'aligned', texts];
};
