// Everything that Postern reads and others write, against seeded mutations of valid files: each input is read, or
// refused with the errors that its reader declares; nothing else is thrown, no prototype changes, nothing large is
// made of little, and nothing hangs. `npm run test:fuzz` tries 100,000 inputs, and prints the counts; `npm test` the
// first 2,000 of them.

import { afterAll, expect, test } from 'vitest';
import { PARSERS } from './parsers';
import { WatchedFuzzer } from './watched';

/** Vitest's own `--mode` does not reach a project of the configuration, so the name of npm's script tells. */
const WHOLE = process.env['npm_lifecycle_event'] === 'test:fuzz';
const INPUTS = WHOLE ? 100_000 : 2000;

const shares = PARSERS.reduce((sum, { share = 1 }) => sum + share, 0);
const fuzzer = new WatchedFuzzer();
const rows: string[] = [];

afterAll(async () => {
  await fuzzer.close();
  if (WHOLE) console.log([`${'inputs'.padStart(7)} accepted  refused  parser`, ...rows].join('\n'));
});

for (const { name, share = 1, refusesNothing } of PARSERS)
  test(`mutations of ${name} are read or refused in words`, async () => {
    const inputs = Math.ceil((INPUTS * share) / shares);
    const { tally, broken } = await fuzzer.run({ parser: name, inputs });
    rows.push(
      [tally.inputs, tally.accepted, tally.refused].map((n) => String(n).padStart(7)).join('  ') +
        `  ${name}`,
    );
    expect(broken).toEqual([]);
    expect(tally.inputs).toBe(inputs);
    // Both, or the mutations do not reach what they should.
    expect(tally.accepted).toBeGreaterThan(0);
    if (refusesNothing === true) expect(tally.refused).toBe(0);
    else expect(tally.refused).toBeGreaterThan(0);
  }, 3_600_000);
