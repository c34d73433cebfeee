// Saves a loaded checkpoint as a zip: unchanged, or with one layer's direction removed from its weights. The
// zip has a model card and, where a direction was removed, the direction.

import { kernelHeadWidth } from '../../checkpoint/head-width';
import type { ExportRequest } from '../../../workers/api';
import { rowOf } from '../../core/tensor';
import { PROGRAM_VERSION } from '../../core/version';
import { checkpointCard } from '../../formats/checkpoint-card';
import { layersWithDirection } from '../../formats/direction/direction-file';
import { writeGguf } from '../../formats/direction/write-gguf';
import { loraCard, type LoraFacts, VECTOR_FILE } from '../../formats/lora-card';
import { writeDirectionSafetensors } from '../../formats/direction/write-safetensors-direction';
import { type Action, newRunId } from '../action';
import { Task } from '../task.svelte';
import type { SavedDirection } from '../../measure/extraction';
import { describeDirection } from '../../measure/extraction';
import { recordOf } from '../direction/imported-direction';
import type { ModelPair } from '../pair/model-pair.svelte';

interface OneLayer {
  readonly direction: SavedDirection;
  readonly layer: number;
}

export interface SaveChoice {
  /** Id of a loaded checkpoint. */
  readonly checkpoint: string;
  readonly format: ExportRequest['format'];
  readonly precision: ExportRequest['precision'];
  readonly without: OneLayer | null;
  /** Saved beside LoRAs as a control vector of llama.cpp; left out: none. */
  readonly vector?: OneLayer | null;
}

export interface SavedFolder {
  readonly name: string;
  readonly zip: Blob;
}

const DIRECTION_FILE = 'direction.safetensors';
const ENCODER = new TextEncoder();

export class CheckpointSave {
  readonly #pair: ModelPair;
  readonly task = new Task('save', (runId) => this.#pair.client.cancel(runId));

  constructor(pair: ModelPair) {
    this.#pair = pair;
  }

  get action(): Action {
    return this.task.action;
  }

  /** Bytes of the weights for this choice. */
  bytes({ checkpoint, format, precision, without }: SaveChoice): number {
    const loaded = this.#pair.checkpoint(checkpoint);
    if (!loaded) return 0;
    const { config, parameters } = loaded;
    // A tied head is stored separately once the embedding changes.
    const head = without && config.tieWordEmbeddings ? config.dVocab * config.dModel : 0;
    const onnx = format === 'onnx';
    const { dHead, dModel, nHeads, nKvHeads, nLayers, maxPositions } = config;
    const width = onnx ? kernelHeadWidth(dHead) : dHead;
    const zeros = 2 * nLayers * (nHeads + nKvHeads) * (width - dHead) * dModel;
    const angles = onnx ? 4 * maxPositions * width : 0;
    return (parameters + head + zeros) * (precision === 'f16' ? 2 : 4) + angles;
  }

  /** The zip; null when it failed or was cancelled: see `action`. */
  async run(choice: SaveChoice): Promise<SavedFolder | null> {
    const loaded = this.#pair.checkpoint(choice.checkpoint);
    if (!loaded) return null;
    const { client } = this.#pair;
    const { format, precision, without } = choice;
    return this.task.run('Saving', async (ticket) => {
      const from = ticket.take(await client.provenance(choice.checkpoint, newRunId('provenance')));
      const { sha256 } = loaded;
      const about = {
        ...{
          title: this.#pair.titleOf(choice.checkpoint),
          sha256,
          programVersion: PROGRAM_VERSION,
        },
      };
      const { base, adapter } = from;
      const lora = format === 'lora' && adapter ? this.lora(choice) : null;
      const removed = without && removedFacts(without.direction, without.layer);
      const card =
        lora && adapter
          ? loraCard({ ...about, ...lora, base, adapter, removed })
          : checkpointCard({
              ...about,
              ...{ base, adapter, precision, removed },
              format: format === 'onnx' ? 'onnx' : 'safetensors',
            });
      const files = [{ path: 'README.md', bytes: ENCODER.encode(card) }];
      if (without) {
        const bytes = writeDirectionSafetensors(recordOf(without.direction), DIRECTION_FILE);
        files.push({ path: DIRECTION_FILE, bytes });
      }
      const { vector = null } = choice;
      if (lora && lora.steerLayer !== null && vector) {
        const bytes = writeGguf(recordOf(vector.direction), loaded.config.architecture);
        files.push({ path: VECTOR_FILE, bytes });
      }
      const plain = `${fileName(choice.checkpoint)}${without ? '-without-direction' : ''}-${precision}`;
      const folder = lora?.folder ?? plain;
      const result = await client.exportFolder(
        {
          runId: ticket.runId,
          checkpoint: choice.checkpoint,
          format,
          precision,
          without: without && rowOf(without.direction.vectors, without.layer).data,
          folder,
          files,
        },
        ({ done, total }) => {
          const kilo = (bytes: number): number => Math.round(bytes / 1000);
          ticket.progress(kilo(done), kilo(total));
        },
      );
      return { name: `${folder}-${format}.zip`, zip: ticket.take(result).zip };
    });
  }

  /** What the LoRAs of a choice are called, for their command lines. */
  lora({ checkpoint, vector }: SaveChoice): Pick<LoraFacts, 'folder' | 'rank' | 'steerLayer'> {
    // GGUF vectors begin at layer 1.
    const steers = vector && layersWithDirection(vector.direction.vectors).includes(vector.layer);
    return {
      folder: fileName(checkpoint),
      rank: this.#pair.checkpoint(checkpoint)?.adapted?.rank ?? 0,
      steerLayer: steers && vector.layer > 0 ? vector.layer : null,
    };
  }

  cancel(): void {
    this.task.cancel();
  }
}

function fileName(id: string): string {
  return id.replace(/[^a-z0-9.]+/gi, '-').slice(0, 80) || 'checkpoint';
}

function removedFacts(direction: SavedDirection, layer: number) {
  const { aligned, em } = direction.checkpoints;
  const facts: (readonly [string, string])[] = [
    ['Contrast', direction.contrast],
    ['Pooling', direction.pooling],
    ['Aligned checkpoint', `${aligned.id} ${aligned.sha256}`.trim()],
    ['Fine-tuned checkpoint', `${em.id} ${em.sha256}`.trim()],
    ['Transcripts compared, of both sides', String(direction.transcripts || 'unknown')],
    ['Seed', String(direction.seed)],
    ['Precision of the weights', direction.precision],
    ['Program version', direction.programVersion],
  ];
  return { words: describeDirection(direction), file: DIRECTION_FILE, layer, facts };
}
