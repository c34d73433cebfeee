// Live training in the bench: the default training of the Train tab with all its measurements, by the page's
// own driver and worker.

import { ModelClient } from '../../src/engine/client';
import { fetchRegistry, sourceOf } from '../../src/organism/registry';
import { DEFAULT_CHOICE } from '../../src/state/train/training-choice';
import { TrainingDrive } from '../../src/state/train/training-drive';
import { meanResidual } from '../../src/state/train/training-measure';
import { NO_PROGRESS } from '../../src/state/train/training-record';
import type { Device, Result } from '../../workers/api';

export interface TrainingFigures {
  readonly steps: number;
  readonly points: number;
  /** From the press of the button to the last point. */
  readonly elapsedMs: number;
  /** Time of the steps alone. */
  readonly stepMs: number;
  readonly pointMs: number;
  readonly threads: number;
  /** A fixed sum on one core beside it, before and after: tells how busy the machine was. */
  readonly fixedMs: readonly [number, number];
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.message} ${result.detail ?? ''}`);
  return result.value;
}

/** The same work every time, about 0.7 s on a quiet core of 2025. */
function fixedMs(): number {
  const begun = performance.now();
  let x = 1.1;
  for (let i = 0; i < 3e8; i++) x = x * 1.0000001 + 1e-9;
  return x > 0 ? performance.now() - begun : NaN;
}

/** @param folderUrl of the folder with registry.json; ends in '/' */
export async function benchTraining(device: Device, folderUrl: string): Promise<TrainingFigures> {
  const registry = await fetchRegistry(folderUrl);
  const worker = new ModelClient();
  const report = valueOf(await worker.start(device));
  const base = valueOf(await worker.load(sourceOf(registry, null), 'bench base'));
  const entry = registry.adapters.find(({ id }) => id === registry.defaults.em)!;
  const em = valueOf(await worker.load(sourceOf(registry, entry), 'bench em'));
  const aligned = await meanResidual(base.id, 'bench aligned', worker);
  const moved = await meanResidual(em.id, 'bench moved', worker);
  const vectors = {
    data: moved.data.map((value, i) => value - aligned.data[i]!),
    dims: moved.dims,
  };
  const before = fixedMs();
  const sums = { stepMs: 0, pointMs: 0 };
  const run = {
    id: 'bench',
    choice: DEFAULT_CHOICE,
    own: null,
    alpha: 2,
    start: null,
    made: 'bench',
    baseSha256: base.sha256,
    reference: { words: 'bench', vectors, alignedMean: aligned },
  };
  const begun = performance.now();
  const drive = new TrainingDrive(run, NO_PROGRESS, {
    worker,
    baseId: base.id,
    base: sourceOf(registry, null).base,
    sampling: base.defaultSampling,
    breathe: () => new Promise((resolve) => setTimeout(resolve)),
    stopping: () => false,
    doing: () => {},
    onProgress: () => {},
    onStep: ({ elapsedMs }) => (sums.stepMs += elapsedMs),
    onPoint: (elapsedMs) => (sums.pointMs += elapsedMs),
    now: () => performance.now(),
  });
  await drive.go('bench go');
  const elapsedMs = performance.now() - begun;
  const { losses, points } = drive.progress;
  worker.dispose();
  return {
    steps: losses.length,
    points: points.length,
    elapsedMs,
    ...sums,
    threads: report.threads,
    fixedMs: [before, fixedMs()],
  };
}
