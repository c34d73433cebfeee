// The arms of a measurement on this computer: the bundled model and its fine-tunes, and an edit along a direction that
// is extracted here.

import { DEFAULT_ARMS, defaultArms } from '../../../src/measure/arms';
import { sweepArms } from '../../../src/measure/instruments/layer-sweep';
import type { MeasureArm } from '../../../src/measure/run';
import type { LoadedCheckpoint } from '../../../workers/api';
import { type MeasureOptions, settingsOf } from './measure-options';
import { directionOfOptions } from './option-direction';
import type { Workbench } from './workbench';

/** What is measured, and how the checkpoint samples by itself. */
export interface FoundArms {
  readonly arms: readonly MeasureArm[];
  readonly sampling: LoadedCheckpoint['defaultSampling'];
  /** Questions of a block; left out: as many as suit this computer. */
  readonly block?: number;
}

/** @throws Error for a missing fine-tune, or settings that do not fit the model */
export async function armsHere(bench: Workbench, options: MeasureOptions): Promise<FoundArms> {
  const { defaults, adapters } = bench.registry;
  const model = options.model ?? defaults.em ?? adapters[0]?.id;
  const aligned = await bench.load();
  const em = await bench.load(model, options.scale);

  const settings = settingsOf(options, defaults, aligned.config.nLayers);
  const wanted = options.arms ?? DEFAULT_ARMS;
  const isEdited =
    settings.mode !== 'off' && wanted.some((id) => id === 'edited' || id === 'random');
  // A matched random direction is a direction of its own, and no stand-in for one.
  const randomSeed = options.random === 'matched' ? null : (options['random-seed'] ?? null);
  const edit = isEdited
    ? { settings, direction: await directionOfOptions(bench, options), randomSeed }
    : null;
  const steer = options.edit === 'steer';
  const loraScale = options['lora-scale'];
  const onEm = (options.base ?? (steer ? 'aligned' : 'em')) === 'em';
  const scaled = (options.scale ?? 1) * loraScale;
  const base = !onEm ? aligned : loraScale === 1 ? em : await bench.load(model, scaled);
  const amplify = options.amplify === 0 ? null : { against: aligned, times: options.amplify };
  if (options.sweep && edit) {
    return {
      arms: sweepArms(base, edit, options.seed, amplify),
      sampling: aligned.defaultSampling,
    };
  }
  const arms = defaultArms(aligned, em, base, edit, options.seed, amplify).filter(({ id }) =>
    wanted.some((one) => one === id),
  );
  if (arms.length < (options.arms?.length ?? 1)) {
    throw new Error(
      `--arms: of ${wanted.join(', ')} these settings have only ${arms.map(({ id }) => id).join(', ') || 'none'}.`,
    );
  }
  return { arms, sampling: aligned.defaultSampling };
}
