// How much memory weights take while they are made, in a thread of its own: each measurement collects all that is dead,
// which takes a hundred times as long in the process of the unit tests, because that holds the modules of all of them.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort } from 'node:worker_threads';
import type { Weights } from '../../../../src/checkpoint/config';
import type { Precision } from '../../../../src/core/precision';
import { planDecoder } from '../../../../src/onnx/decoder';
import { segmentMaker, weightFile } from '../../../../src/onnx/weight-file';
import { PLAIN } from '../decoder-run';
import { randomConfig } from '../random-weights';
import { weightRanges } from '../weight-ranges';

export interface Job {
  /** Written into one block, tensor after tensor, or read from a file that makes them. */
  readonly way: 'block' | 'file';
  readonly precision: Precision;
}

/** Bytes. */
export interface Peak {
  readonly peak: number;
  /** The largest tensor, as its source gives it. */
  readonly largestTensor: number;
  readonly largestSegment: number;
  readonly weightBytes: number;
}

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Bytes of all buffers of this thread that are in use. */
function heldBytes(): number {
  // The second collection frees the buffers that the first one found dead.
  gc();
  gc();
  return process.memoryUsage().arrayBuffers;
}

const SIZES = { dModel: 256, dMlp: 768, dVocab: 4096, nHeads: 16 };

function ofBlock(precision: Precision): Peak {
  const plan = planDecoder(randomConfig({ ...SIZES, nLayers: 2 }), { ...PLAIN, precision });
  const before = heldBytes();
  const block = plan.allocate();
  let [peak, largestTensor] = [heldBytes() - before, 0];
  for (const slot of plan.tensors.values()) {
    const size = slot.dims.reduce((a, b) => a * b);
    largestTensor = Math.max(largestTensor, 4 * size);
    // The source gives this one and lets it go; nothing else may be alive when the next one comes.
    slot.write({ data: new Float32Array(size).fill(0.5), dims: slot.dims }, block);
    peak = Math.max(peak, heldBytes() - before);
  }
  return { peak, largestTensor, largestSegment: 0, weightBytes: plan.weightBytes };
}

function ofFile(precision: Precision): Peak {
  const plan = planDecoder(randomConfig({ ...SIZES, nLayers: 6 }), { ...PLAIN, precision });
  let [peak, largestTensor] = [0, 0];
  const before = heldBytes();
  const weights = {
    get: (name: string) => {
      const { dims } = plan.tensors.get(name)!;
      const data = new Float32Array(dims.reduce((a, b) => a * b)).fill(0.5);
      largestTensor = Math.max(largestTensor, data.byteLength);
      return { data, dims };
    },
  } as unknown as Weights;
  const file = weightFile(plan, segmentMaker(plan, weights));
  for (const [from, to] of weightRanges(plan, 3)) {
    file.read(from, to);
    peak = Math.max(peak, heldBytes() - before);
  }
  const largestSegment = Math.max(...plan.segments.map(({ from, to }) => to - from));
  return { peak, largestTensor, largestSegment, weightBytes: plan.weightBytes };
}

parentPort!.on('message', ({ way, precision }: Job) => {
  parentPort!.postMessage(way === 'block' ? ofBlock(precision) : ofFile(precision));
});
