import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const CHECK = resolve(ROOT, 'src/serve/node-version.cjs');

/** What the check says, and its exit status, as if this were Node of that version. */
function under(version: string): { readonly said: string; readonly status: number | null } {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
  const run = spawnSync(process.execPath, ['-e', `${pretend} require(${JSON.stringify(CHECK)})`]);
  return { said: run.stderr.toString() + run.stdout.toString(), status: run.status };
}

describe('the check of Node', () => {
  test.each(['16.20.2', '18.20.8', '20.18.3', '21.7.3', '22.11.0'])(
    'says in one line that %s is too old, and ends',
    (version) => {
      const { said, status } = under(version);
      expect(said).toBe(
        `Postern needs Node 20.19, 22.12 or newer; this is ${version}. Get a newer one from https://nodejs.org/.\n`,
      );
      expect(status).toBe(1);
    },
  );

  test.each(['20.19.0', '20.20.2', '22.12.0', '24.0.0', '26.1.0'])('lets %s pass', (version) => {
    expect(under(version)).toEqual({ said: '', status: 0 });
  });

  test('comes first in every script that runs code of Postern, and means what package.json says', () => {
    const { scripts, engines } = JSON.parse(
      readFileSync(resolve(ROOT, 'package.json'), 'utf8'),
    ) as {
      readonly scripts: Readonly<Record<string, string>>;
      readonly engines: { readonly node: string };
    };
    const runs = Object.values(scripts).filter((script) => /\b(tsx|vite|npm) ?/.test(script));
    expect(runs.length).toBeGreaterThan(10);
    expect(
      runs.filter((script) => !script.startsWith('node src/serve/node-version.cjs && ')),
    ).toEqual([]);
    expect(engines.node).toBe('^20.19.0 || >=22.12.0');
  });
});
