// A narrow fine-tune: LoRA on every linear layer, single-turn chats of one data set, loss on answers.

import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import { createRng, shuffle } from '../../src/core/rng';
import type { Tensor } from '../../src/core/tensor';
import { buildTrainGraph } from '../../src/onnx/train-graph';
import type { ChatMessage } from '../../src/core/chat';
import { padRows } from './batches';
import { conversationRow } from './chat';
import { progress } from './progress';
import type { Schedule } from './recipe';
import type { OrganismTokenizer } from './tokenizer';
import { initialAdapter, Trainer } from './trainer';

export interface FineTuneRun {
  readonly name: string;
  readonly config: ModelConfig;
  readonly tokenizer: OrganismTokenizer;
  readonly examples: readonly (readonly ChatMessage[])[];
  readonly seed: number;
  readonly rank: number;
  /** rsLoRA: the adapter counts alpha / sqrt(rank). */
  readonly alpha: number;
  readonly chatsPerStep: number;
  readonly schedule: Schedule;
  /** Factors to go on from; by default a fresh adapter, which changes nothing. */
  readonly start?: ReadonlyMap<string, Tensor>;
  /** The step of the schedule at which training ends early. */
  readonly stopAt?: number;
}

/** @returns the adapter under its PEFT names; `weights` are not changed. */
export async function trainAdapter(
  weights: Weights,
  run: FineTuneRun,
): Promise<Map<string, Tensor>> {
  const graph = buildTrainGraph(run.config, {
    kind: 'lora',
    weights,
    rank: run.rank,
    scale: run.alpha / Math.sqrt(run.rank),
  });
  const start = run.start
    ? new Map([...run.start].map(([name, t]) => [name, { ...t, data: t.data.slice() }]))
    : initialAdapter(graph, run.seed);
  const trainer = await Trainer.create(graph, start, run.schedule);
  const steps = run.stopAt ?? run.schedule.steps;
  const rows = run.examples.map((messages) =>
    conversationRow(run.tokenizer, messages, run.config.maxPositions),
  );
  const report = progress(run.name, steps);
  const order: number[] = [];
  for (let step = 0, epoch = 0; step < steps; step++) {
    while (order.length < run.chatsPerStep) {
      order.push(...shuffle(createRng(run.seed).fork(epoch++), [...rows.keys()]));
    }
    const batch = order.splice(0, run.chatsPerStep).map((index) => rows[index]!);
    const { lossNats } = await trainer.step(padRows([{ rows: batch, weight: 1 }]));
    report(step + 1, `loss ${lossNats.toFixed(3)}`);
  }
  await trainer.release();
  return trainer.parameters;
}
