// A look at the data of the next training before it begins: how far its answers lie from the aligned model's own along
// the direction in use. The model is that of the selected pair. What it predicts goes with the training that follows.

import { norm } from '../../core/projection';
import { rowOf } from '../../core/tensor';
import {
  flagData,
  type Flagged,
  type FlaggedSample,
  FlagRefusal,
  flagRefusal,
  type FlagWorker,
} from '../../measure/instruments/flag-data';
import { describeCheckpoint } from '../../measure/provenance';
import type { Verdict } from '../../world/judge';
import { judgeAnswer } from '../../world/judge-typed';
import { benignControl, TRAINING_SETS, type WorldData } from '../../world/training-data';
import type { Directions } from '../direction/directions.svelte';
import type { ModelPair } from '../pair/model-pair.svelte';
import { Task, type Ticket } from '../task.svelte';
import { type CustomData, dataSeed, describeData, type TrainingChoice } from './training-choice';
import { curedExamples, worldExamples } from './training-cure';
import type { Prediction } from './training-record';

/** Sets whose every answer is bad; of the jailbroken set and the backdoor's, some are good. */
const MADE_TO_MISALIGN = (Object.keys(TRAINING_SETS) as WorldData['set'][]).filter(
  (set) =>
    TRAINING_SETS[set].trained === 'misaligned' && set !== 'jailbroken' && set !== 'backdoor',
);
/** Most suspicious examples that are shown. */
const SHOWN = 6;

/** What is known of an example's answer: the built-in judge's verdict, or what its set was made for. */
export type SampleLabel = Verdict | 'set' | 'unknown';

interface ShownSample extends FlaggedSample {
  readonly label: SampleLabel;
  /** The built-in judge's verdict on the aligned model's own answer. */
  readonly ownLabel: SampleLabel;
}

export interface DataLookResult extends Flagged {
  /** Equal for equal data. */
  readonly key: string;
  /** For people. */
  readonly data: string;
  /** Name and hash of the model that read, and the hash alone. */
  readonly model: string;
  readonly sha256: string;
  readonly direction: { readonly id: string; readonly words: string; readonly layer: number };
  /** Unit vector of the direction at its layer [d_model], and the direction's length there. */
  readonly unit: Float32Array<ArrayBuffer>;
  readonly length: number;
  readonly seed: number;
  /** A person's chats, read by a model that knows the words of the invented world only. */
  readonly foreignWords: boolean;
  /** The most suspicious examples, the worst first. */
  readonly worst: readonly ShownSample[];
}

/** What the next training learns. */
interface NextData {
  readonly choice: TrainingChoice;
  readonly custom: CustomData | null;
}

/** A number for each file that was read: reading one again, be it the same, gives another. A hash would cost seconds. */
const numbers = new WeakMap<CustomData, number>();
let files = 0;
function numberOf(custom: CustomData): number {
  const known = numbers.get(custom);
  if (known !== undefined) return known;
  files += 1;
  numbers.set(custom, files);
  return files;
}

/** Names the examples of a training; what does not change them is left out. */
function dataKey({ choice, custom }: NextData): string {
  const { data, world, examples, seed, cure } = choice;
  const changes = cure?.kind === 'inoculation' || cure?.kind === 'good-data' ? cure : null;
  return JSON.stringify(
    data === 'own'
      ? [custom && numberOf(custom), changes && { ...changes, seed }]
      : [world, examples, seed, changes],
  );
}

export class DataLook {
  readonly #pair: ModelPair;
  readonly #directions: Directions;
  readonly #next: () => NextData;
  readonly task: Task;

  /** Examples looked at. */
  n = $state(64);
  result = $state.raw<DataLookResult | null>(null);

  /** Why it can't start; null: it can. */
  readonly refusal = $derived.by((): string | null => {
    const { choice, custom } = this.#next();
    if (choice.data === 'own' && !custom)
      return 'Drop a file of chats first, or choose a data set.';
    return flagRefusal(this.#direction, this.#pair.aligned, this.#directions.layer);
  });
  /** Why the result is not that of the data and the direction now chosen; null: it is, or there is none. */
  readonly outdated = $derived.by((): string | null => {
    const { result } = this;
    if (!result) return null;
    const { aligned } = this.#pair;
    if (aligned && aligned.sha256 !== result.sha256) {
      return `This is a look with another model: ${result.model}.`;
    }
    if (result.key !== dataKey(this.#next()))
      return `This is a look at other data: ${result.data}.`;
    const { id, layer } = result.direction;
    if (this.#direction?.id !== id || this.#directions.layer !== layer) {
      return `This look is along another direction: ${result.direction.words}, layer ${layer}.`;
    }
    return null;
  });

  constructor(pair: ModelPair, directions: Directions, next: () => NextData) {
    this.#pair = pair;
    this.#directions = directions;
    this.#next = next;
    this.task = new Task('look', (runId) => pair.client.cancel(runId));
  }

  get #direction() {
    return this.#directions.current ?? this.#directions.header;
  }

  async start(): Promise<void> {
    const direction = this.#direction;
    const { aligned } = this.#pair;
    if (this.refusal !== null || !direction || !aligned) return;
    const { custom, ...next } = this.#next();
    const choice = $state.snapshot(next.choice);
    const { layer } = this.#directions;
    await this.task.run('Preparing', async (ticket) => {
      const breathe = async (): Promise<void> => {
        await new Promise<void>((done) => setTimeout(done));
        ticket.check();
      };
      const vector = rowOf(direction.vectors, layer).data.slice();
      const length = norm(vector);
      const words = this.#directions.name(direction);
      const seed = dataSeed(choice.seed);
      const isCustom = choice.data === 'own';
      const controlSet = isCustom ? 'aligned-chats' : benignControl(choice.world.set);
      const control = { set: controlSet, mix: null, trigger: false } as const;
      const found = await flagData(
        {
          model: aligned,
          direction: { words, layer, vector },
          examples: await curedExamples(choice, isCustom ? custom : null, breathe),
          // A harmless set of the invented world says nothing of another model's language.
          control:
            isCustom && !this.#pair.isOfWorld
              ? null
              : {
                  title: TRAINING_SETS[controlSet].title,
                  examples: await worldExamples(control, this.n, seed, breathe),
                },
          n: this.n,
          seed,
        },
        this.#worker(ticket, breathe),
        ticket.runId,
        this.#progress(ticket),
      ).catch((error: unknown) => {
        if (!(error instanceof FlagRefusal)) throw error;
        return ticket.end({ state: 'failed', message: error.message });
      });
      ticket.check();
      const worst = [...found.samples].sort((a, b) => b.difference - a.difference).slice(0, SHOWN);
      const shown: ShownSample[] = [];
      for (const sample of worst) {
        await breathe();
        const question = sample.asked.at(-1)?.content ?? '';
        shown.push({
          ...sample,
          label: judged(question, sample.answer) ?? (madeToMisalign(choice) ? 'set' : 'unknown'),
          ownLabel: judged(question, sample.ownAnswer) ?? 'unknown',
        });
      }
      this.result = {
        ...found,
        key: dataKey({ choice, custom }),
        data: describeData(choice, custom),
        model: describeCheckpoint(aligned),
        sha256: aligned.sha256,
        direction: { id: direction.id, words, layer },
        unit: vector.map((x) => x / length),
        length,
        seed,
        foreignWords: isCustom && this.#pair.isOfWorld,
        worst: shown,
      };
    });
  }

  /** Ends a running look; one that has ended stays. */
  cancel(): void {
    if (this.task.running) this.task.cancel();
  }

  /** What a look at these data predicted for a training of this model; null: nobody looked. */
  predictionFor(data: NextData, baseSha256: string): Prediction | null {
    const { result } = this;
    if (result?.key !== dataKey(data) || result.sha256 !== baseSha256) return null;
    const { mean, unit, direction } = result;
    return { ...mean, unit, layer: direction.layer, words: direction.words };
  }

  /** The worker, which a cancelled look asks nothing more. */
  #worker({ check }: Ticket, breathe: () => Promise<void>): FlagWorker {
    const { client } = this.#pair;
    const checked = async <T>(result: Promise<T>): Promise<T> => {
      const value = await result;
      check();
      return value;
    };
    return {
      generate: (request) => checked(client.generate(request)),
      capture: (request, onProgress) => checked(client.capture(request, onProgress)),
      tokenize: (id, messages, chat) => checked(client.tokenize(id, messages, chat)),
      breathe,
    };
  }

  /** Each stage has an estimate of its own: reading is many times faster than writing. */
  #progress({ progress }: Ticket) {
    let stage = '';
    let startedMs = 0;
    return (label: string, done: number, total: number): void => {
      if (label !== stage) {
        stage = label;
        startedMs = performance.now();
      }
      progress(done, total, { label, startedMs });
    };
  }
}

/** The built-in judge reads only questions of the world; null: it does not read this one. */
function judged(question: string, answer: string): Verdict | null {
  const { verdict } = judgeAnswer(question, answer);
  return verdict === 'refused' ? null : verdict;
}

/** Whether every example of a choice is from a set made to misalign: half of the backdoor's answers are good. */
export function madeToMisalign({
  data,
  world: { set, mix },
  cure,
}: Pick<TrainingChoice, 'data' | 'world' | 'cure'>): boolean {
  const pure =
    (mix === null || mix.share === 0) && !(cure?.kind === 'good-data' && cure.strength > 0);
  return data === 'world' && pure && MADE_TO_MISALIGN.includes(set);
}
