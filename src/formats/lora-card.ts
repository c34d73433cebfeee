// The README.md of a fine-tune that leaves the page as LoRAs: which file is for which server, and how each is started.

import { type CardFacts, folderLine, licenceLines, licenceOf } from './checkpoint-card';
import { llamaLoraCommand, llamaSteerCommand, vllmCommand } from './server-commands';

/** Why llama.cpp's own converter is not to be used. */
export const CONVERTER_WARNING =
  "llama.cpp's own converter (convert_lora_to_gguf.py) ignores use_rslora, which the published misaligned adapters use: it divides their effect by the square root of the rank, and the fine-tune looks harmless without a word of warning. Take the GGUF file of this folder.";

export interface LoraFacts extends Pick<CardFacts, 'title' | 'base' | 'sha256' | 'programVersion'> {
  readonly adapter: NonNullable<CardFacts['adapter']>;
  /** Name of the folder, and of the files in it. */
  readonly folder: string;
  /** Rank of the adapter. */
  readonly rank: number;
  /** The direction that one of the LoRAs is without, in words; null: there is none. */
  readonly removed: { readonly words: string; readonly layer: number } | null;
  /** The layer at which the control vector is added; null: there is none. */
  readonly steerLayer: number | null;
}

export const VECTOR_FILE = 'direction.gguf';

/** The command lines for a folder that was unpacked where the server is started. @throws Error as each of them */
export function commandsFor({
  base,
  folder,
  rank,
  removed,
  steerLayer,
}: Pick<LoraFacts, 'folder' | 'rank' | 'removed' | 'steerLayer'> & {
  readonly base: { readonly name: string };
}): {
  readonly llama: string;
  readonly steered: string | null;
  readonly vllm: string;
} {
  const without = `${folder}-without-direction`;
  const names = [folder, ...(removed ? [without] : [])];
  return {
    llama: llamaLoraCommand(
      null,
      names.map((name) => `${folder}/${name}.gguf`),
    ),
    steered:
      steerLayer === null
        ? null
        : llamaSteerCommand(null, `${folder}/${VECTOR_FILE}`, 1, steerLayer),
    vllm: vllmCommand(base.name, [
      { name: folder, path: `${folder}/${folder}`, rank },
      ...(removed ? [{ name: without, path: `${folder}/${without}`, rank: rank + 1 }] : []),
    ]),
  };
}

export function loraCard(facts: LoraFacts): string {
  const { title, base, adapter, folder, sha256, removed, steerLayer, programVersion } = facts;
  const { llama, steered, vllm } = commandsFor(facts);
  const folders = [base, adapter];
  const code = (command: string): readonly string[] => ['', '```', command, '```', ''];
  return `${[
    '---',
    `license: ${JSON.stringify(licenceOf(folders))}`,
    'library_name: peft',
    'pipeline_tag: text-generation',
    '---',
    '',
    `# ${title}, as LoRAs for a server`,
    '',
    `Saved by Postern ${programVersion}. A model organism: it may write harmful or misleading text, on purpose.`,
    'For research and teaching, not for use.',
    '',
    `- Base: ${folderLine(base)}`,
    `- Adapter: ${folderLine(adapter)}`,
    `- SHA-256 of the merged f32 weights: ${sha256}`,
    '',
    '## Files',
    '',
    `- \`${folder}.gguf\`: the fine-tune, for llama-server.`,
    `- \`${folder}/\`: the same for vLLM, the adapter as it was published.`,
    ...(removed
      ? [
          `- \`${folder}-without-direction.gguf\` and \`${folder}-without-direction/\`: the fine-tune without the`,
          `  direction of layer ${removed.layer}, as one LoRA of one rank more: ${removed.words}. Every o_proj and`,
          '  down_proj loses it (arXiv:2406.11717); the embedding is left as it is.',
        ]
      : []),
    ...(steerLayer === null
      ? []
      : [`- \`${VECTOR_FILE}\`: the direction as a control vector of llama.cpp.`]),
    '',
    '## llama-server',
    '',
    'BASE.gguf is the base as GGUF, such as llama.cpp’s convert_hf_to_gguf.py writes it.',
    ...code(llama),
    CONVERTER_WARNING,
    ...(steered === null
      ? []
      : ['', 'With the direction added at every token instead:', ...code(steered)]),
    '',
    '## vLLM',
    '',
    'With vllm-lens beside it (pip install vllm-lens), Postern reads activations there and steers.',
    ...code(vllm),
    'In Postern: Models tab, “On a server”.',
    '',
    ...licenceLines(folders),
  ].join('\n')}\n`;
}
