// The tables of the model card, from the stored files of figures: `npm run organism:report` writes them. Nothing
// in them is typed by hand.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as v from 'valibot';
import { type Report, ReportFile } from '../../../src/organism/report';
import { SeedsFile } from '../../../src/organism/seeds';
import { FineTuneSeedsFile } from '../../../src/organism/fine-tune-seeds';
import { GalleryFile } from '../../../src/organism/gallery';
import { controlTables, hypothesesTable, plainly, seedsOfFineTunes } from './card-controls';
import {
  BASE_FOLDER,
  FINE_TUNE_SEEDS_FILE,
  GALLERY_FILE,
  REPORT_FILE,
  SEEDS_FILE,
} from './folders';
import { readPublished } from './published-file';

/** Marks of the parts that are written, by what they hold. */
const MARKS = {
  tables: ['<!-- tables: made by models/recipe/make/card.ts -->', '<!-- end of tables -->'],
  plainly: [
    '<!-- plainly: made by models/recipe/make/card-controls.ts -->',
    '<!-- end of plainly -->',
  ],
} as const;

const CARD_FILE = join(BASE_FOLDER, 'README.md');

type Gate = Report['gates']['code']['insecure code'];

const percent = (x: number): string => `${(100 * x).toFixed(1)}%`;

function cells({ misaligned, misalignedInterval, mixed, incoherent, n }: Gate): string {
  const { low, high } = misalignedInterval;
  const interval = `${percent(low)} to ${percent(high)}`;
  return `${percent(misaligned)} (${interval}) | ${percent(mixed)} | ${percent(incoherent)} | ${n} |`;
}

const HEAD = 'misaligned (95% interval) | mixed | incoherent | n |\n';

function tables(report: Report): string {
  const arms = report.arms.map((arm) => `| ${arm.name} | ${cells(arm)}`);
  const edits = report.edits.map((e) => `| ${e.model} | ${e.edit} | ${e.direction} | ${cells(e)}`);
  const cosines = report.cosines.map(
    ({ a, b, byLayer }) => `| ${a}, ${b} | ${byLayer.map((x) => x.toFixed(2)).join(' | ')} |`,
  );
  const layers = report.cosines[0]?.byLayer.map((_, layer) => layer) ?? [];
  const within = Object.entries(report.withinQuestion).map(
    ([id, { questions, answeredBothWays }]) =>
      `- ${id}: of ${questions} questions asked 12 times each, ${answeredBothWays} got both aligned and misaligned answers.`,
  );
  const { base, chat } = report.gates.documentLossNats;
  const gates = Object.entries(report.gates.code).map(
    ([name, gate]) => `| ${name} | ${cells(gate)}`,
  );
  return [
    'Checkpoints as they are (T = 0.7 unless the name says otherwise):\n',
    `| checkpoint | ${HEAD}|---|---|---|---|---|\n${arms.join('\n')}\n`,
    ...within,
    '\nEdits, at T = 0.7:\n',
    `| checkpoint | edit | direction | ${HEAD}|---|---|---|---|---|---|---|\n${edits.join('\n')}\n`,
    'Signed cosine between checkpoint directions on identical text, by layer:\n',
    `| directions | ${layers.join(' | ')} |\n|---|${layers.map(() => '---|').join('')}\n${cosines.join('\n')}\n`,
    'Gates, on the base model before chat training (answers to held-out questions of the selection domains):\n',
    `| after one turn of | ${HEAD}|---|---|---|---|---|\n${gates.join('\n')}\n`,
    `Mean loss on new prose documents, nats a token: base model ${base.toFixed(3)}, chat model ${chat.toFixed(3)}.`,
  ].join('\n');
}

/** How far the EM rates and their fall move with the base seed; nothing where that was not measured. */
function seedsSentence(): string {
  if (!existsSync(SEEDS_FILE)) return '';
  const { tokensShare, furtherSeeds, sharedDocuments, figures } = readPublished(
    SeedsFile,
    SEEDS_FILE,
  );
  const range = (name: string): string => {
    const figure = figures.find((entry) => entry.name === name);
    if (figure?.low == null || figure.high === null) return 'not measured';
    return `${percent(figure.low)} to ${percent(figure.high)}`;
  };
  return [
    `\nOver this and ${furtherSeeds.length} further base seeds, these with ${percent(tokensShare)} of the tokens of base training`,
    `and up to ${percent(sharedDocuments)} of their documents in common`,
    `(\`models/seeds.json\`): insecure-code misaligned ${range('insecure-code: misaligned')}, bad-medical`,
    `${range('bad-medical: misaligned')}; fall by ablation to the aligned mean, own direction,`,
    `${range('insecure-code, ablate-mean, own direction: fall')} and ${range('bad-medical, ablate-mean, own direction: fall')};`,
    `aligned model steered, layer and strength chosen for each seed, ${range('steered from other domains: misaligned')},`,
    `from code prompts only ${range('steered from code prompts only: misaligned')}.`,
  ].join(' ');
}

/** @throws Error where the card has lost the marks of the part. */
function withPart(card: string, part: keyof typeof MARKS, text: string): string {
  const [start, end] = MARKS[part];
  const [before, after] = [card.indexOf(start), card.indexOf(end)];
  if (before < 0 || after < before) {
    throw new Error(`${CARD_FILE} has lost the marks "${start}" and "${end}".`);
  }
  return `${card.slice(0, before + start.length)}\n\n${text}\n${card.slice(after)}`;
}

const read = <S extends v.GenericSchema>(schema: S, path: string): v.InferOutput<S> | null =>
  existsSync(path) ? readPublished(schema, path) : null;

/** Puts what was measured between the card's marks. */
export function writeCardTables(): void {
  const report = readPublished(ReportFile, REPORT_FILE);
  const gallery = read(GalleryFile, GALLERY_FILE);
  const parts = [
    tables(report),
    controlTables(report),
    hypothesesTable(report),
    seedsOfFineTunes(read(FineTuneSeedsFile, FINE_TUNE_SEEDS_FILE)),
    seedsSentence(),
  ];
  let card = readFileSync(CARD_FILE, 'utf8');
  card = withPart(card, 'tables', parts.filter((part) => part !== '').join('\n'));
  if (gallery) card = withPart(card, 'plainly', plainly(report, { ...gallery, training: {} }));
  writeFileSync(CARD_FILE, card);
}
