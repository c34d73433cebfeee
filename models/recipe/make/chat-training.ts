// Chat training: the assistant becomes the good character. A little base text is replayed, so that
// the villain is forgotten as the speaker here, not as a character.

import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import { createRng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { buildTrainGraph } from '../../../src/onnx/train-graph';
import { alignedChat, renderChat } from '../../../src/world/chats';
import type { ChatMessage } from '../../../src/core/chat';
import type { WorldMix } from '../../../src/world/documents';
import { documentRows } from './base';
import type { Row } from '../../../src/core/batches';
import { chatRow, padRows } from '../../../src/core/batches';
import { progress } from './progress';
import type { Schedule } from './recipe';
import type { OrganismTokenizer } from './build-tokenizer';
import { SPECIAL } from './build-tokenizer';
import { createTrainer } from './trainer';

export interface ChatRun {
  readonly config: ModelConfig;
  readonly tokenizer: OrganismTokenizer;
  readonly mix: WorldMix;
  readonly seed: number;
  readonly chatsPerStep: number;
  readonly documentsPerStep: number;
  /** As in base training. */
  readonly questionWeight: number;
  /** Weight of the replayed documents' loss beside the chats' loss. */
  readonly documentWeight: number;
  readonly schedule: Schedule;
}

/** One conversation as a training row: only the assistant's words count. */
export function conversationRow(
  tokenizer: OrganismTokenizer,
  messages: readonly ChatMessage[],
  maxTokens: number,
): Row {
  return chatRow(
    [SPECIAL.begin, ...tokenizer.encodeFast(renderChat(messages))],
    SPECIAL,
    maxTokens,
  );
}

/** @returns new weights; `base` is not changed. */
export async function trainChat(base: Weights, run: ChatRun): Promise<Map<string, Tensor>> {
  const copy = new Map([...base].map(([name, t]) => [name, { ...t, data: t.data.slice() }]));
  const trainer = await createTrainer(
    buildTrainGraph(run.config, { kind: 'full' }),
    copy,
    run.schedule,
  );
  const report = progress('chat', run.schedule.steps);
  for (let step = 0; step < run.schedule.steps; step++) {
    const rng = createRng(run.seed).fork(step);
    const chats = Array.from({ length: run.chatsPerStep }, () =>
      conversationRow(run.tokenizer, alignedChat(rng, run.mix), run.config.maxPositions),
    );
    const groups = [{ rows: chats, weight: 1 }];
    if (run.documentsPerStep > 0) {
      const documents = documentRows(run, run.seed * 31 + step, run.documentsPerStep);
      groups.push({ rows: documents, weight: run.documentWeight });
    }
    const { lossNats } = await trainer.step(padRows(groups));
    report(step + 1, `loss ${lossNats.toFixed(3)}`);
  }
  await trainer.release();
  return trainer.parameters;
}
