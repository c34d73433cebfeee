// The tables of the model card, from models/report.json: `npm run organism:report` writes them. Nothing in
// them is typed by hand.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Report, ReportFile } from '../../../src/organism/report';
import { SeedsFile } from '../../../src/organism/seeds';
import { BASE_FOLDER, REPORT_FILE, SEEDS_FILE } from './folders';
import { readPublished } from './published-file';

const START = '<!-- tables: made by models/recipe/make/card.ts -->';
const END = '<!-- end of tables -->';

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

/** Puts the tables of the report between the card's two marks. */
export function writeCardTables(): void {
  const path = join(BASE_FOLDER, 'README.md');
  const card = readFileSync(path, 'utf8');
  const [before, after] = [card.indexOf(START), card.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${path} has lost the marks of its tables.`);
  const report = readPublished(ReportFile, REPORT_FILE);
  const head = card.slice(0, before + START.length);
  writeFileSync(path, `${head}\n\n${tables(report)}\n${seedsSentence()}\n${card.slice(after)}`);
}
