// Trainings of LoRA adapters on a loaded checkpoint. Each has an id that is valid between calls: the page runs some
// steps, exports the factors to measure them, and runs more. The base's weights do not change. Refuses to
// continue adapters that are not plain factors of every linear layer.

import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import { factorsOf, writeAdapter } from '../../src/checkpoint/adapter/adapter-write';
import { readAdapter } from '../../src/checkpoint/adapter/peft';
import { parseSafetensors, toTensor } from '../../src/checkpoint/safetensors';
import { writeSafetensors } from '../../src/checkpoint/write-safetensors';
import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import { type Batch, padRows } from '../../src/core/batches';
import type { Moments } from '../../src/core/optimizer';
import type { Tensor } from '../../src/core/tensor';
import { examplesOfStep } from '../../src/core/training-settings';
import { buildTrainGraph, type TrainGraph } from '../../src/onnx/train-graph';
import { AdapterPath, type PathPoint } from '../../src/core/training/adapter-path';
import type { TrainingCure } from '../../src/core/training/cure';
import type { OpenTrainingRequest, TrainedStep, TrainingState } from '../api';
import { ModelError, type Runtime, type Signal } from '../runtime';
import { ChatRows, markersOf } from './chat-rows';
import { initialAdapter, Trainer } from './trainer';

/** The checkpoint that is trained. */
export interface TrainingBase {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly weights: Weights;
}

/** The files of an adapter to continue. */
export interface AdapterBytes {
  readonly config: string;
  readonly weights: Uint8Array;
}

export class Training {
  readonly #runtime: Runtime;
  readonly #request: OpenTrainingRequest;
  readonly #trainer: Trainer;
  readonly #chats: ChatRows;
  /** Other chats, for a leash. */
  readonly #others: ChatRows | null;
  readonly #path: AdapterPath;

  private constructor(
    runtime: Runtime,
    base: TrainingBase,
    request: OpenTrainingRequest,
    trainer: Trainer,
  ) {
    this.#runtime = runtime;
    this.#request = request;
    this.#trainer = trainer;
    const { tokenizer, config } = base;
    this.#path = new AdapterPath(config.nLayers);
    const reader = { tokenizer, maxTokens: config.maxPositions };
    this.#chats = new ChatRows(reader, request.examples);
    const others = request.cure?.leash?.examples;
    this.#others = others ? new ChatRows(reader, others) : null;
  }

  /**
   * @param from an adapter to continue; null: a fresh one, which changes nothing.
   * @throws ModelError `bad-input` for input that cannot be trained; CheckpointError for broken files.
   */
  static async open(
    runtime: Runtime,
    base: TrainingBase,
    request: OpenTrainingRequest,
    from: AdapterBytes | null,
  ): Promise<Training> {
    const { settings, examples, start, cure = {} } = request;
    if (examples.length === 0) throw new ModelError('bad-input', 'There is no example to learn.');
    if (cure.leash?.examples.length === 0) {
      throw new ModelError('bad-input', 'The leash has no other chats to hold the model to.');
    }
    const scale = settings.alpha / Math.sqrt(settings.rank);
    const graph = graphOf(base, settings.rank, scale, cure);
    const parameters = from
      ? factorsIn(from, base.config, graph, request)
      : initialAdapter(graph, settings.seed);
    const trainer = await Trainer.create(runtime, graph, parameters, settings.schedule);
    try {
      if (start?.moments) {
        trainer.restore(start.steps, momentsIn(start.moments, graph));
      }
      return new Training(runtime, base, request, trainer);
    } catch (error) {
      await trainer.release();
      throw error;
    }
  }

  get steps(): number {
    return this.#trainer.steps;
  }

  /** Number of trained parameters. */
  get parameters(): number {
    return [...this.#trainer.parameters.values()].reduce((sum, t) => sum + t.data.length, 0);
  }

  /**
   * Runs up to `steps` further steps, at most to the end of the schedule. A stop comes between two steps.
   * @throws ModelError `bad-input` when the gradient is not finite.
   */
  async run(
    steps: number,
    onStep: (step: TrainedStep) => void,
    signal: Signal | undefined,
  ): Promise<void> {
    const { settings, examples } = this.#request;
    const last = Math.min(this.steps + steps, settings.schedule.steps);
    while (this.steps < last && !signal?.aborted) {
      const places = examplesOfStep(
        settings.seed,
        examples.length,
        settings.chatsPerStep,
        this.steps,
      );
      const rows = await this.#chats.take(places, () => this.#runtime.breathe());
      const leash = await this.#leash();
      const begun = this.#runtime.now();
      const { lossNats } = await this.#trainer.step(
        padRows([{ rows, weight: 1 }]),
        leash ? { leash } : {},
      );
      onStep({
        step: this.steps,
        lossNats,
        elapsedMs: this.#runtime.now() - begun,
        chats: this.#chats.use,
      });
      await this.#runtime.breathe();
    }
  }

  /** The other chats of the next step; null without a leash. */
  async #leash(): Promise<Batch | null> {
    const { settings, cure } = this.#request;
    if (!this.#others || !cure?.leash) return null;
    const { weight, chatsPerStep, examples } = cure.leash;
    const places = examplesOfStep(settings.seed + 1, examples.length, chatsPerStep, this.steps);
    const rows = await this.#others.take(places, () => this.#runtime.breathe());
    return padRows([{ rows, weight }]);
  }

  /** The next point of the path, of the factors as they are now. */
  path(): Promise<PathPoint> {
    const { alpha, rank } = this.#request.settings;
    const copy = ({ dims, data }: Tensor): Tensor => ({ dims, data: data.slice() });
    const modules = [...factorsOf(this.#trainer.parameters)].map(
      ([name, { a, b }]) => [name, { a: copy(a), b: copy(b) }] as const,
    );
    const at = { modules: new Map(modules), scale: alpha / Math.sqrt(rank) };
    return this.#path.add(at, () => this.#runtime.breathe());
  }

  /** The state for resuming, and the adapter in PEFT's form; in f32, so nothing is rounded. */
  state(): TrainingState {
    const { parameters, moments } = this.#trainer;
    const { config, bytes } = writeAdapter({
      baseModel: this.#request.baseName,
      alpha: this.#request.settings.alpha,
      useRslora: true,
      modules: factorsOf(parameters),
      dtype: 'F32',
    });
    const tensors = new Map(
      [...moments].flatMap(([name, { first, second }]) => {
        const { dims } = parameters.get(name)!;
        return [
          [`first:${name}`, { data: first, dims, dtype: 'F32' as const }],
          [`second:${name}`, { data: second, dims, dtype: 'F32' as const }],
        ] as const;
      }),
    );
    return {
      steps: this.steps,
      adapter: { config: JSON.stringify(config, null, 2), weights: bytes },
      moments: tensors.size > 0 ? writeSafetensors(tensors) : null,
    };
  }

  release(): Promise<void> {
    return this.#trainer.release();
  }
}

function graphOf(
  { config, tokenizer, weights }: TrainingBase,
  rank: number,
  scale: number,
  { writes = [], leash }: TrainingCure,
): TrainGraph {
  const headerToken = markersOf(tokenizer).assistant;
  try {
    return buildTrainGraph(config, {
      kind: 'lora',
      weights,
      rank,
      scale,
      writes,
      headerToken,
      leash: leash !== undefined,
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ModelError('bad-input', error.message, { cause: error });
  }
}

/** @throws ModelError `bad-input` where the adapter is of another kind than the training. */
function factorsIn(
  { config, weights }: AdapterBytes,
  base: ModelConfig,
  graph: TrainGraph,
  { settings }: OpenTrainingRequest,
): Map<string, Tensor> {
  const names = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' };
  const { modules } = readAdapter(config, weights, base, names);
  const scale = settings.alpha / Math.sqrt(settings.rank);
  const refuse = (why: string): never => {
    throw new ModelError(
      'bad-input',
      `Training cannot go on from this adapter: ${why}. Choose another to start from, or none.`,
    );
  };
  const parameters = new Map<string, Tensor>();
  for (const { name, dims } of graph.parameters) {
    const [, path = '', side] = /^base_model\.model\.(.*)\.lora_(A|B)\.weight$/.exec(name) ?? [];
    const found = modules.get(path) ?? refuse(`it has no factors of ${path}`);
    const { data, dims: had } = side === 'A' ? found.a : found.b;
    if (had.join() !== dims.join()) {
      refuse(`its rank is ${found.a.dims[0]}, not ${settings.rank}`);
    }
    if (Math.abs(found.scale - scale) > 1e-6 * scale) {
      refuse(`its scale is ${found.scale}, not ${scale}`);
    }
    parameters.set(name, { data: data.slice(), dims });
  }
  return parameters;
}

function momentsIn(bytes: Uint8Array, graph: TrainGraph): Map<string, Moments> {
  const entries = parseSafetensors(bytes, 'moments');
  const moments = new Map<string, Moments>();
  for (const { name, dims } of graph.parameters) {
    const [first, second] = [entries.get(`first:${name}`), entries.get(`second:${name}`)];
    if (first?.dims.join() !== dims.join() || second?.dims.join() !== dims.join()) {
      throw new ModelError(
        'bad-input',
        'The saved training does not fit its adapter any more. Start it again.',
      );
    }
    moments.set(name, {
      first: toTensor(first).data.slice(),
      second: toTensor(second).data.slice(),
    });
  }
  return moments;
}
