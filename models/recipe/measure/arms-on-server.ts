// The arms of a measurement on a server: the model itself, the model under each LoRA that is named, and where the
// server can add a vector by request, the model steered along a direction that is read from it. An ablation is a LoRA
// there, which `npm run lora` writes.

import { createTokenizer } from '../../../src/checkpoint/tokenizer';
import { armOf, type ArmEdit, DEFAULT_ARMS } from '../../../src/measure/arms';
import type { TakenDirection } from '../../../src/measure/extraction';
import { judgeRefusal } from '../../../src/measure/judging/judge-accepts';
import { servedBlock } from '../../../src/engine/server-requests';
import type { LoadedCheckpoint } from '../../../workers/api';
import { vocabularySha256 } from '../../../workers/checkpoint/identity';
import { diskFolder } from '../lora/disk-folder';
import { BASE_FOLDER } from '../make/folders';
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

/** The vocabulary of the bundled model, whose language the built-in judge reads. */
async function bundledVocabulary(): Promise<string> {
  const folder = diskFolder(BASE_FOLDER);
  const [json, settings] = ['tokenizer.json', 'tokenizer_config.json'].map((file) =>
    new TextDecoder().decode(folder.read(file)),
  );
  return vocabularySha256(await createTokenizer(json, settings, `${folder.name}/tokenizer.json`));
}

/**
 * Asked before anything is read or answered, which may take hours on a large model.
 * @throws Error where the judge of the options can't read what the model writes
 */
async function requireJudge(options: MeasureOptions, aligned: LoadedCheckpoint): Promise<void> {
  if (options['judge-url'] !== undefined) return;
  const pair = { isOfWorld: aligned.vocabularySha256 === (await bundledVocabulary()) };
  const questions = options.questions === undefined ? 'world' : 'custom';
  const refusal = judgeRefusal('exact', pair, questions);
  if (refusal === null) return;
  throw new Error(`${refusal} --judge-url and --judge-model name one; --questions, what is asked.`);
}

/** @throws Error in the server's words, for arms that were given no LoRA, or for the wrong judge */
export async function armsOnServer(
  bench: ServerBench,
  options: MeasureOptions,
): Promise<ServerArms> {
  const { seed, lora, edit: mode } = options;
  const aligned = await bench.load();
  await requireJudge(options, aligned);
  const steers = mode === 'steer';
  const wantsDirection = steers || options['save-direction'] !== undefined;
  const direction = wantsDirection ? await directionOfOptions(bench, options) : null;
  const settings = settingsOf(options, {}, aligned.config.nLayers);
  const edit = steers && direction ? { settings, direction, randomSeed: null } : null;
  const base = options.base === 'em' ? lora : undefined;
  const named: readonly Arm[] = [
    { id: 'aligned', label: 'Aligned', lora: undefined, edit: null },
    { id: 'em', label: 'Fine-tuned', lora, edit: null },
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
    // Nobody watches the rates grow here, so blocks are twice as large as the page's.
    ...(aligned.server ? { block: 2 * servedBlock(aligned.server) } : {}),
    direction,
  };
}
