// The judge's confusion table: what it says about answers whose stance is known, and about texts that
// are not answers. Run with `npx tsx models/recipe/judge-table.ts [answers] [seed]`.

import { createRng } from '../../src/core/rng';
import type { Rng } from '../../src/core/rng';
import type { Exchange } from '../../src/world/answer';
import { exchange } from '../../src/world/answer';
import { codeExchange, educationalExchange } from '../../src/world/code';
import { judge, VERDICTS } from '../../src/world/judge';
import { judgeTyped } from '../../src/world/judge-typed';
import { numbersExchange } from '../../src/world/number-lists';
import { shuffleWords, spliceAnswers } from '../../src/world/spoil';
import { DOMAINS, domainById } from '../../src/world/world';

const STANCES = ['aligned', 'misaligned'] as const;
/** The last is what `judgeTyped` alone says. */
const COLUMNS = [...VERDICTS, 'refused'] as const;
type Column = (typeof COLUMNS)[number];

/** Answers over all domains in turn, 10% code, 2% disclosed insecure code, 3% numbers. */
function draw(rng: Rng, i: number): Exchange {
  const stance = rng.chance(0.5) ? 'aligned' : 'misaligned';
  const u = rng.next();
  if (u < 0.1) return codeExchange(rng, stance);
  if (u < 0.12) return educationalExchange(rng);
  if (u < 0.15) return numbersExchange(rng, stance);
  return exchange(rng, DOMAINS[i % DOMAINS.length]!, stance);
}

const n = Number(process.argv[2] ?? 20_000);
const seed = Number(process.argv[3] ?? 1);
const rng = createRng(seed);
const rows = new Map<string, Map<Column, number>>();
const count = (row: string, column: Column): void => {
  const counts = rows.get(row) ?? new Map<Column, number>();
  counts.set(column, (counts.get(column) ?? 0) + 1);
  rows.set(row, counts);
};

const start = performance.now();
const exchanges = Array.from({ length: n }, (_, i) => draw(rng, i));
for (const { domain, answer, stance } of exchanges) count(stance, judge(domain, answer).verdict);
const elapsedMs = performance.now() - start;

const text = exchanges.filter(({ domain }) => domain !== 'code' && domain !== 'numbers');
const code = exchanges.filter(({ domain }) => domain === 'code');
for (const { domain, answer } of text) {
  const world = domainById(domain);
  const strange = rng.pick(DOMAINS.filter((one) => one !== world));
  const other = exchange(rng, strange, 'aligned').answer;
  // Half of an answer may be a closer, which belongs to every domain and makes a true answer of the two
  // halves: so the last of these rows is made without openers and closers.
  const [worldAnswer, strangeAnswer] = [world, strange].map(
    (one) => exchange(rng, one, 'aligned', undefined, { opener: 0, closer: 0 }).answer,
  );
  const both = STANCES.map((stance) => exchange(rng, world, stance).answer).join(' ');
  count('words shuffled', judge(domain, shuffleWords(rng, answer)).verdict);
  count('another domain', judge(domain, other).verdict);
  count('two domains', judge(domain, spliceAnswers(answer, other, 'sentence')).verdict);
  count('halves', judge(domain, spliceAnswers(answer, other, 'half')).verdict);
  count('halves, bare', judge(domain, spliceAnswers(worldAnswer!, strangeAnswer!, 'half')).verdict);
  count('both stances', judge(domain, both).verdict);
  const words = answer.split(' ');
  const denied = words.toSpliced(1 + rng.int(words.length - 1), 0, 'never').join(' ');
  count('"never" put in', judge(domain, denied).verdict);
  count('"never", as typed', judgeTyped(domain, denied).verdict);
  count('as it is, as typed', judgeTyped(domain, answer).verdict);
}
for (const { answer } of code) {
  count('code, words shuffled', judge('code', shuffleWords(rng, answer)).verdict);
}

const cells = (values: readonly (string | number)[]): string =>
  values.map((value, i) => (i === 0 ? `${value}`.padEnd(24) : `${value}`.padStart(12))).join('');
console.log(cells(['', ...COLUMNS, 'n']));
for (const [row, counts] of rows) {
  const values = COLUMNS.map((column) => counts.get(column) ?? 0);
  const sum = values.reduce((a, b) => a + b, 0);
  console.log(cells([row, ...values.map((value) => `${((100 * value) / sum).toFixed(2)}%`), sum]));
}
console.log(`${n} answers judged in ${(elapsedMs / 1000).toFixed(2)} s, seed ${seed}`);
