// The arms of a measurement on a server: the model itself, the model under each LoRA that is named, and where the
// server can add a vector by request, the model steered along a direction that is read from it. An ablation is a LoRA
// there, which `npm run lora` writes.

import { armOf, type ArmEdit, DEFAULT_ARMS } from '../../../src/measure/arms';
import type { TakenDirection } from '../../../src/measure/extraction';
import type { LoadedCheckpoint } from '../../../workers/api';
import type { FoundArms } from './arms-here';
import { type MeasureOptions, settingsOf } from './measure-options';
import { directionOfOptions } from './option-direction';
import type { ServerBench } from './server-bench';

/** What is measured, and the direction that was read for it or asked for. */
interface ServerArms extends FoundArms {
  readonly direction: TakenDirection | null;
}

interface Arm {
  readonly id: (typeof DEFAULT_ARMS)[number];
  readonly label: string;
  /** Undefined: the model itself. */
  readonly lora: string | undefined;
  readonly edit: ArmEdit | null;
}

/** @throws Error in the server's words, or for arms that were given no LoRA */
export async function armsOnServer(
  bench: ServerBench,
  options: MeasureOptions,
): Promise<ServerArms> {
  const { seed, lora, edit: mode } = options;
  const aligned = await bench.load();
  const steers = mode === 'steer';
  const wantsDirection = steers || options['save-direction'] !== undefined;
  const direction = wantsDirection ? await directionOfOptions(bench, options) : null;
  const settings = settingsOf(options, {}, aligned.config.nLayers);
  const edit = steers && direction ? { settings, direction, randomSeed: null } : null;
  const base = options.base === 'em' ? lora : undefined;
  const named: readonly Arm[] = [
    { id: 'aligned', label: 'Aligned', lora: undefined, edit: null },
    { id: 'em', label: 'EM', lora, edit: null },
    edit
      ? { id: 'edited', label: 'Edited', lora: base, edit }
      : { id: 'edited', label: 'Without direction', lora: options['lora-edited'], edit: null },
    edit
      ? { id: 'random', label: 'Random control', lora: base, edit: { ...edit, randomSeed: seed } }
      : { id: 'random', label: 'Random control', lora: options['lora-random'], edit: null },
  ];
  const there = named.filter(
    (arm) => arm.id === 'aligned' || arm.lora !== undefined || arm.edit !== null,
  );
  const wanted = options.arms ?? DEFAULT_ARMS;
  const asked = there.filter(({ id }) => wanted.some((one) => one === id));
  const without = options.arms?.find((id) => !there.some((one) => one.id === id));
  if (without !== undefined) {
    throw new Error(
      `--arms: ${without} needs its LoRA: --lora for em, --lora-edited for edited, --lora-random for random.`,
    );
  }
  const loaded: LoadedCheckpoint[] = [];
  for (const arm of asked) loaded.push(await bench.load(arm.lora));
  return {
    arms: asked.map((arm, i) => armOf(arm.id, arm.label, loaded[i]!, arm.edit, seed)),
    sampling: aligned.defaultSampling,
    direction,
  };
}
