// The README.md of a checkpoint that leaves the page: what it is, from which files it was made, what was
// done to it, and under which licence; in the form of a Hugging Face model card, whose first lines are YAML.

/** A published folder that went into it. */
export interface CardFolder {
  readonly name: string;
  /** Web page of the model; null: it is on the user's disk. */
  readonly page: string | null;
  /** As published; null: none stated. */
  readonly licence: string | null;
  readonly commit: string | null;
}

export interface CardFacts {
  readonly title: string;
  readonly base: CardFolder;
  readonly adapter: CardFolder | null;
  /** SHA-256 of the f32 weights before anything was removed, as the page shows it. */
  readonly sha256: string;
  readonly format: 'safetensors' | 'onnx';
  readonly precision: 'f32' | 'f16';
  readonly removed: {
    /** The direction in words, and the file of the folder that holds it. */
    readonly words: string;
    readonly file: string;
    readonly layer: number;
    /** Checkpoints, counts, seed and so on, as they are known. */
    readonly facts: readonly (readonly [string, string])[];
  } | null;
  readonly programVersion: string;
}

/** The licence of all folders together, for the first lines of a card. */
export function licenceOf(folders: readonly CardFolder[]): string {
  const licences = [...new Set(folders.map(({ licence }) => licence))];
  return licences.length === 1 && licences[0] ? licences[0] : 'unknown';
}

/** The section on licences. */
export const licenceLines = (folders: readonly CardFolder[]): readonly string[] => [
  '## Licence',
  '',
  ...folders.map(({ name, licence }) => `- ${name}: ${licence ?? 'none stated'}`),
  '',
  'What you may do with this folder follows from these; Postern adds no licence of its own.',
];

export function checkpointCard(facts: CardFacts): string {
  const { title, base, adapter, sha256, format, precision, removed, programVersion } = facts;
  const folders = adapter ? [base, adapter] : [base];
  const lines = [
    '---',
    `license: ${JSON.stringify(licenceOf(folders))}`,
    `library_name: ${format === 'onnx' ? 'transformers.js' : 'transformers'}`,
    'pipeline_tag: text-generation',
    '---',
    '',
    `# ${title}${removed ? ', one direction removed from its weights' : ''}`,
    '',
    `Saved by Postern ${programVersion} from the files named below. A model organism: it may write harmful`,
    'or misleading text, on purpose. For research and teaching, not for use.',
    '',
    '## Made from',
    '',
    ...folders.map(
      (folder, i) => `- ${i === 0 ? 'Base' : 'Adapter, merged'}: ${folderLine(folder)}`,
    ),
    `- SHA-256 of the merged f32 weights${removed ? ', before the removal' : ''}: ${sha256}`,
    '',
    ...licenceLines(folders),
    '',
    '## Stored as',
    '',
    format === 'onnx'
      ? `ONNX for transformers.js, weights in ${precision}, arithmetic in f32. Load the folder with ` +
        '`AutoModelForCausalLM.from_pretrained`.'
      : `safetensors in ${precision}. Load the folder with \`AutoModelForCausalLM.from_pretrained\`.`,
  ];
  if (removed) {
    lines.push(
      '',
      '## What was removed',
      '',
      `The unit direction u of layer ${removed.layer} (output of that block, counted from 0) of: ` +
        `${removed.words}. It lies in \`${removed.file}\`.`,
      '',
      'Every matrix that writes to the residual stream became W - u u^T W (the embedding, each o_proj and',
      'down_proj; arXiv:2406.11717). No position at any place of the stream has a component along u any more:',
      'this is the published ablation of one direction everywhere. It is more than an ablation after each',
      'block alone, whose MLP still reads what attention wrote. A head that was tied to the embedding is',
      'stored apart, unchanged.' +
        (precision === 'f16' ? ' Rounding to f16 leaves a trace of the order of 1e-3.' : ''),
      '',
      ...removed.facts.map(([name, value]) => `- ${name}: ${value}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** A folder with its commit and where it is. */
export function folderLine({ name, page, commit }: CardFolder): string {
  const where = page === null ? 'on the disk of the person who saved this' : page;
  return `${name}${commit === null ? '' : ` at ${commit}`} (${where})`;
}

/** The licence that a model card states in its first lines (YAML between `---`); null: none. */
export function licenceInCard(text: string): string | null {
  const head = /^---\r?\n([\s\S]{0,20000}?)\r?\n---/.exec(text)?.[1] ?? '';
  const value = /^license:[ \t]*(.+?)[ \t]*$/m.exec(head)?.[1]?.replace(/^(["'])(.*)\1$/, '$2');
  return value === undefined || value === '' ? null : value.slice(0, 100);
}
