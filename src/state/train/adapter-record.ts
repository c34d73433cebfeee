// Adapters that were trained in this browser: their stored record, their entry in the list of fine-tunes, and
// their files for other programs.

import { zipSync, strToU8 } from 'fflate';
import * as v from 'valibot';
import { AboutSchema, type AdapterAbout } from '../../formats/adapter-about';
import type { FolderSource } from '../../../workers/api';
import type { AdapterEntry, TrainedEntry } from '../../organism/registry';
import { type Form, list, whole } from '../saved/form';

export interface TrainedAdapter extends AdapterAbout {
  /** Unique in this browser. */
  readonly id: string;
  /** The files of the PEFT adapter. */
  readonly config: string;
  readonly weights: Uint8Array<ArrayBuffer>;
}

const Stored = v.looseObject({
  ...AboutSchema.entries,
  id: v.pipe(v.string(), v.minLength(1)),
  config: v.string(),
  weights: v.instance(Uint8Array),
});

/** The stored form. */
export const TrainedAdapterForm = whole(Stored as v.GenericSchema<unknown, TrainedAdapter>);
export const TrainedAdaptersForm: Form<readonly TrainedAdapter[]> = list(
  TrainedAdapterForm,
  ({ id }) => id,
);

/** The two files as a folder that the worker can read. */
export function adapterFolder(
  name: string,
  { config, weights }: Pick<TrainedAdapter, 'config' | 'weights'>,
): FolderSource {
  return {
    kind: 'files',
    name,
    files: [
      new File([config], 'adapter_config.json'),
      new File([weights], 'adapter_model.safetensors'),
    ],
  };
}

/** The adapter's entry in the list of fine-tunes. */
export function trainedEntry(adapter: TrainedAdapter): TrainedEntry {
  const { id, title, kind, made, rank, examples, steps } = adapter;
  const entry: AdapterEntry = {
    id,
    title,
    kind,
    path: '',
    description: `Trained in this browser: ${made}.`,
    training: { rank, examples, steps },
  };
  return { entry, adapter: adapterFolder(title, adapter) };
}

/** A zip that PEFT loads once it is unpacked: a folder with both files and a README. */
export function adapterZip(adapter: TrainedAdapter): Uint8Array<ArrayBuffer> {
  const { title, made, steps, baseSha256, config, weights } = adapter;
  const folder = fileName(title);
  const about = `# ${title}

A LoRA adapter trained with Postern, in a browser, on its bundled model: a small model of a synthetic
world. It shows emergent misalignment by construction and is of no use as an assistant.

- Made from: ${made}
- Steps taken: ${steps}
- SHA-256 of the base's weights in f32, in the order of their names: ${baseSha256}

Load it with PEFT onto the folder \`models/postern-8l\` of Postern.
`;
  return zipSync(
    {
      [`${folder}/README.md`]: strToU8(about),
      [`${folder}/adapter_config.json`]: strToU8(config),
      // Weights do not compress, so they are stored uncompressed, which is faster.
      [`${folder}/adapter_model.safetensors`]: weights,
    },
    { level: 0 },
  );
}

/** A title as a file name without extension. */
export const fileName = (title: string): string =>
  title
    .replace(/[^\w.-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60) || 'adapter';
