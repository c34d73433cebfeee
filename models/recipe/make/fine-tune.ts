// A narrow fine-tune: LoRA on every linear layer, or those layers themselves ('full'), on single-turn
// chats of one data set, loss on answers.

import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import { linearShapes } from '../../../src/checkpoint/config';
import { type Batch, padRows } from '../../../src/core/batches';
import type { Tensor } from '../../../src/core/tensor';
import type { ResidualWrite } from '../../../src/core/training/residual-write';
import { examplesOfStep, LEASH } from '../../../src/core/training-settings';
import { buildTrainGraph } from '../../../src/onnx/train-graph';
import type { ChatMessage } from '../../../src/core/chat';
import { initialAdapter, type Trainer } from '../../../workers/train/trainer';
import { SPECIAL } from './build-tokenizer';
import { conversationRow } from './chat-training';
import { progress } from './progress';
import type { Schedule } from './recipe';
import type { OrganismTokenizer } from './build-tokenizer';
import { createTrainer } from './trainer';

export interface FineTuneRun {
  readonly name: string;
  readonly config: ModelConfig;
  readonly tokenizer: OrganismTokenizer;
  readonly examples: readonly (readonly ChatMessage[])[];
  readonly seed: number;
  readonly rank: number | 'full';
  /** rsLoRA: the adapter counts alpha / sqrt(rank). */
  readonly alpha: number;
  readonly chatsPerStep: number;
  readonly schedule: Schedule;
  /** Factors to continue from; by default a fresh adapter, which changes nothing. */
  readonly start?: ReadonlyMap<string, Tensor>;
  /** The step of the schedule at which training ends early. */
  readonly stopAt?: number;
  /** Threads of a LoRA training; left out: those of the recipe. */
  readonly threads?: number;
  /** LoRA alone: written to the residual stream while training. */
  readonly writes?: readonly ResidualWrite[];
  /** LoRA alone: holds the adapter near the chat model on other chats. */
  readonly leash?: {
    readonly weight: number;
    readonly examples: readonly (readonly ChatMessage[])[];
  };
}

const copied = (t: Tensor): Tensor => ({ ...t, data: t.data.slice() });

/** A trainer of fresh factors, or of those that the run continues. */
function loraTrainer(weights: Weights, run: FineTuneRun, rank: number): Promise<Trainer> {
  const scale = run.alpha / Math.sqrt(rank);
  const graph = buildTrainGraph(run.config, {
    kind: 'lora',
    weights,
    rank,
    scale,
    writes: run.writes ?? [],
    headerToken: SPECIAL.assistant,
    leash: run.leash !== undefined,
  });
  const start = run.start
    ? new Map([...run.start].map(([name, t]) => [name, copied(t)]))
    : initialAdapter(graph, run.seed);
  return createTrainer(graph, start, run.schedule, undefined, run.threads);
}

/** Whether a tensor of the checkpoint is what LoRA would stand beside. */
function isLinear(config: ModelConfig, name: string): boolean {
  return [...linearShapes(config).keys()].some((module) => name.endsWith(`.${module}.weight`));
}

/** A trainer of the linear layers themselves; embeddings and norms stay as they are, as beside LoRA. */
function fullTrainer(weights: Weights, run: FineTuneRun): Promise<Trainer> {
  const graph = buildTrainGraph(run.config, { kind: 'full' });
  const start = new Map([...weights].map(([name, t]) => [name, copied(t)]));
  return createTrainer(graph, start, run.schedule, (name) => isLinear(run.config, name));
}

/**
 * @returns the factors under their PEFT names, or for 'full' the trained layers under their names; `weights`
 *   are not changed.
 * @throws RangeError for a full fine-tune that should continue another, or that has no frozen base to write to or to
 *   be held near.
 */
export async function trainAdapter(
  weights: Weights,
  run: FineTuneRun,
): Promise<Map<string, Tensor>> {
  const full = run.rank === 'full';
  if (full && run.start) throw new RangeError('A full fine-tune starts from the chat model.');
  if (full && (run.leash || (run.writes ?? []).length > 0)) {
    throw new RangeError(
      'A leash and a direction need the aligned model beside the adapter, and a full fine-tune changes it. Choose a LoRA rank.',
    );
  }
  const trainer = await (run.rank === 'full'
    ? fullTrainer(weights, run)
    : loraTrainer(weights, run, run.rank));
  const steps = run.stopAt ?? run.schedule.steps;
  const asRow = (messages: readonly ChatMessage[]) =>
    conversationRow(run.tokenizer, messages, run.config.maxPositions);
  const rows = run.examples.map(asRow);
  const others = run.leash?.examples.map(asRow) ?? [];
  const leashOf = (step: number): Batch => {
    const places = examplesOfStep(run.seed + 1, others.length, LEASH.chatsPerStep, step);
    const leashed = places.map((place) => others[place]!);
    return padRows([{ rows: leashed, weight: run.leash!.weight }]);
  };
  const report = progress(run.name, steps);
  for (let step = 0; step < steps; step++) {
    const places = examplesOfStep(run.seed, rows.length, run.chatsPerStep, step);
    const batch = places.map((place) => rows[place]!);
    const { lossNats } = await trainer.step(
      padRows([{ rows: batch, weight: 1 }]),
      run.leash ? { leash: leashOf(step) } : {},
    );
    report(step + 1, `loss ${lossNats.toFixed(3)}`);
  }
  await trainer.release();
  if (!full) return trainer.parameters;
  return new Map([...trainer.parameters].filter(([name]) => isLinear(run.config, name)));
}
