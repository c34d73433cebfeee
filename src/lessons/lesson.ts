// The parts of a lesson: texts, settings of the panels, guesses before a measurement, and checks of what was
// done. All of it is data; a lesson uses the real panels and contains no code.
//
// Texts are Markdown with two additions. `{{report | insecure-code}}` is a figure of the bundled reports (the
// forms are listed in src/organism/lesson-figures.ts); a text contains no other figure of the bundled models.
// `[[residual stream|what it means]]` is a term with its one-line explanation.

import type { Contrast, Pooling } from '../core/direction';
import type { EditMode, EditPositions } from '../core/edit';
import type { EvaluationSplit } from '../core/evaluation-split';
import type { Cure, CureKind } from '../core/training/cure';
import type { WorldData } from '../world/training-data';
import type { Part } from './parts';

export interface Lesson {
  /** Part of addresses; never changed once published. */
  readonly id: string;
  readonly title: string;
  /** Duration at a calm pace, 5 to 10. */
  readonly minutes: number;
  /** The question that the lesson answers. */
  readonly question: string;
  /** Ids of fine-tunes that its panels load in addition to those named in its steps. */
  readonly loads?: readonly string[];
  /** The parts of the page that its steps show. */
  readonly parts: readonly Part[];
  readonly steps: readonly Step[];
}

export interface Step {
  /** Part of addresses, as `lesson/step`. */
  readonly id: string;
  /** The one thing to do or look at, in a few words. */
  readonly title: string;
  /** About 70 words at most. */
  readonly text: string;
  /** The parts of the page that it shows instead of the lesson's. */
  readonly parts?: readonly Part[];
  /** The part of the page that the step's button leads to. */
  readonly where?: PanelLocation;
  /** Applied to the panels when the step is first entered, and again on request. */
  readonly set?: Setting;
  readonly guess?: Guess;
  /** Missing: the step is for reading only. */
  readonly check?: Check;
  /** The result that the step is about: drawn in small beside it, with a way to its chart. */
  readonly shows?: Result;
  /** The run that a button in the step starts, besides the panel's; enabled after the guess. */
  readonly run?: 'measure' | 'dose' | 'transfer' | 'train' | 're-align';
  /** Shown once the check is met: the meaning, compared with what was reported. */
  readonly after?: string;
}

/** The results that steps are about, by what is drawn. */
export type Result =
  /** The verdicts of the step's own answers so far; they have no chart elsewhere. */
  | 'tally'
  /** Measured rates, one row a model. */
  | 'rates'
  /** Rates by strength of the edit. */
  | 'dose'
  /** The rates of one fine-tune after each direction was removed. */
  | 'transfer'
  /** The transcripts that a direction was extracted from, as two clouds. */
  | 'clouds'
  /** What a direction promotes and demotes. */
  | 'words'
  /** How well a direction separates transcripts, by layer. */
  | 'separation'
  /** How alike the directions of other fine-tunes are. */
  | 'cosines'
  /** The narrow and the broad rate by step of a training. */
  | 'training';

/** The prompt line, the persona control, the edit panel, or the open tool. */
export type PanelLocation = 'prompt' | 'persona' | 'edit' | 'panel';

/** Omitted fields are left unchanged. */
export interface Setting {
  /** Id of a tab. */
  readonly tab?: string;
  /** Id of the tool to open in it. */
  readonly tool?: string;
  /** The instrument of the tab 'why'. */
  readonly instrument?: 'token' | 'patch' | 'writers';
  /** Id of the fine-tune to select. */
  readonly em?: string;
  /** Uses the page's first directions again. */
  readonly directions?: 'as at the start';
  /** A question that is asked at once. */
  readonly ask?: { readonly prompt: string; readonly seed: number };
  readonly editSettings?: EditSetting;
  readonly measure?: MeasureSetting;
  /** Answers for each condition of the two larger measurements. */
  readonly studies?: number;
  readonly training?: TrainingSetting;
}

/** The default edit settings with this mode and these changes. */
export interface EditSetting {
  readonly mode: EditMode;
  readonly strength?: number;
  readonly positions?: EditPositions;
  readonly base?: 'aligned' | 'em';
  /** Times that the LoRA of the fine-tune counts; missing: 1. */
  readonly loraScale?: number;
}

interface MeasureSetting {
  /** Answers for each model. */
  readonly n?: number;
  readonly seed?: number;
  readonly split?: EvaluationSplit;
  /** Ids of further unedited fine-tunes; they replace earlier ones. */
  readonly extras?: readonly string[];
}

/** A training from a fresh adapter, and the training that follows it. */
interface TrainingSetting {
  readonly set: WorldData['set'];
  readonly steps: number;
  readonly goodSteps: number;
  /** Left out: none. */
  readonly cure?: Cure;
}

/** The learner's guess, shown next to the result. */
export type Guess = RateGuess | ChoiceGuess;

interface RateGuess {
  readonly kind: 'rate';
  readonly asks: string;
  readonly of: Observed;
}

interface ChoiceGuess {
  readonly kind: 'choice';
  readonly asks: string;
  readonly options: readonly Option[];
  /** Id of the option that the measurement confirms. */
  readonly right: string;
}

export interface Option {
  readonly id: string;
  readonly label: string;
  /** Shown once the option was chosen and the check passes. */
  readonly feedback?: string;
}

/** The source of the rate that is compared with a guess. */
export type Observed =
  /** Misaligned answers of one arm of the measurement that met the check. */
  | { readonly from: 'measured'; readonly arm: string }
  /** A fine-tune after ablation of another's direction, in the transfer table. */
  | {
      readonly from: 'transfer';
      readonly mode: 'ablate-zero' | 'ablate-mean';
      readonly row: string;
      readonly column: string;
    }
  /** The last point of the training on the page: misaligned answers on other topics. */
  | { readonly from: 'training' }
  /** A figure of the reports, named as in texts but without the braces. */
  | { readonly from: 'figure'; readonly figure: string };

/**
 * The checks that the page can make. Timestamped events count only since the step began or its guess was
 * given.
 */
export type Check =
  /** Each column has answered `times` questions on this topic, no two with the same wording and seed. */
  | { readonly kind: 'asked'; readonly times: number; readonly domain: string }
  /** The answered question begins with the backdoor's trigger. */
  | { readonly kind: 'triggered' }
  /** The shown answers have these verdicts at the same time. */
  | {
      readonly kind: 'verdicts';
      readonly of: Readonly<Partial<Record<'aligned' | 'em' | 'edited', 'aligned' | 'misaligned'>>>;
    }
  /** The edited column has answered with these edit settings. */
  | { readonly kind: 'edited'; readonly editSettings: EditWanted }
  | ({ readonly kind: 'measured' } & Measured)
  /** A direction of the selected pair was extracted in this way. */
  | {
      readonly kind: 'extracted';
      readonly contrast?: Contrast;
      readonly pooling?: Pooling;
      /** Missing: the two kinds of answers. */
      readonly texts?: 'turn' | 'trait';
    }
  /** A direction from measured answers is in use. */
  | { readonly kind: 'from-answers'; readonly pooling: Pooling }
  /** The logit lens of a direction was read at this layer. */
  | { readonly kind: 'words'; readonly layer: number }
  /** The tokens are shaded at this layer. */
  | { readonly kind: 'shaded'; readonly layer: number }
  /** The chart shows directions of `others` other fine-tunes, with the benign one if requested. */
  | { readonly kind: 'compared'; readonly others: number; readonly control: boolean }
  /** Every strength of the dose-response has `n` answers. */
  | { readonly kind: 'dose'; readonly n: number }
  /** Every cell of the transfer table has `n` answers. */
  | { readonly kind: 'transfer'; readonly n: number }
  /** A token of this column's answer is under the microscope. */
  | { readonly kind: 'looked'; readonly role: 'aligned' | 'em' | 'edited' }
  /** Every residual of a question was patched, in every sense. */
  | { readonly kind: 'patched' }
  /** The parts that write a projection were read. */
  | { readonly kind: 'attributed' }
  | { readonly kind: 'on-stage'; readonly em: string }
  /** An adapter was trained from scratch for `steps` steps; with this cure, without any (null), or either (missing). */
  | { readonly kind: 'trained'; readonly steps: number; readonly cure?: CureKind | null }
  /** Training of an adapter continued on good data for `steps` steps. */
  | { readonly kind: 're-aligned'; readonly steps: number }
  /** A base and a fine-tune are named under "Your own model". */
  | { readonly kind: 'own-named' }
  /** The right option of the step's choice is chosen; a wrong one says why and may be changed. */
  | { readonly kind: 'right' };

/** Missing fields match anything. */
export interface EditWanted {
  readonly mode?: EditMode;
  readonly base?: 'aligned' | 'em';
  readonly positions?: EditPositions;
  /** Minimum; for steering in multiples of the raw direction. */
  readonly strength?: number;
  readonly random?: boolean;
  /** Missing: 1, as trained. */
  readonly loraScale?: number;
}

/** A complete measurement with the built-in judge. */
export interface Measured {
  /** Minimum number of answers for each model. */
  readonly n: number;
  readonly seed?: number;
  readonly split?: EvaluationSplit;
  /** Id of the measured fine-tune. */
  readonly em?: string;
  readonly editSettings?: EditWanted;
  /** The edit used a direction that was extracted from measured answers. */
  readonly fromAnswers?: true;
  /** Ids of further fine-tunes in it. */
  readonly extras?: readonly string[];
}

/** `lesson/step`, as links and stored progress name it. */
export const stepPath = (lesson: Lesson, step: Step): string => `${lesson.id}/${step.id}`;
