// The tests on software WebGPU take minutes, so `npm test` runs them only where something changed that they are
// about: compared with where this branch left the main one, or on the main one itself with the commit before.
// Whatever cannot be told counts as changed.

import { execFileSync } from 'node:child_process';

/** What the tests of the project `gpu` test, the tests themselves, and the versions of what they run on. */
const ABOUT = [
  /^workers\//,
  /^src\/onnx\//,
  /^src\/core\/edit\.ts$/,
  /^src\/engine\/client\.ts$/,
  /^package-lock\.json$/,
  /^test\/browser\/.*\.(device|webgpu)\.test\.ts$/,
  /^test\/browser\/(onnx\/devices|engine\/breakable-client|.*\.worker)\.ts$/,
  /^test\/unit\/(onnx|workers)\/(?!.*\.test\.ts$).*\.ts$/,
];
const MAIN = ['origin/main', 'main'];

export interface Due {
  readonly due: boolean;
  /** A sentence for the person who runs the tests. */
  readonly why: string;
}

/** Runs git with these arguments. @returns what it printed; null where it refused */
export type Git = (...args: string[]) => string | null;

export const gitIn =
  (folder: string): Git =>
  (...args) => {
    try {
      const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
      return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio }).trim();
    } catch {
      return null;
    }
  };

/** What this checkout is compared with: a commit and how to call it. */
function comparedWith(git: Git): { readonly commit: string; readonly name: string } | null {
  const head = git('rev-parse', 'HEAD');
  const main = MAIN.find((name) => git('rev-parse', '--verify', '--quiet', `${name}^{commit}`));
  const left = main === undefined ? null : git('merge-base', 'HEAD', main);
  if (left !== null && left !== head)
    return { commit: left, name: `${main} at ${left.slice(0, 7)}` };
  // A merge is compared with what it was merged into.
  const parent = git('rev-parse', '--verify', '--quiet', 'HEAD^1^{commit}');
  return parent === null
    ? null
    : { commit: parent, name: `the commit before, ${parent.slice(0, 7)}` };
}

/** Whether the project `gpu` has to run in this checkout. */
export function gpuDue(git: Git): Due {
  const base = comparedWith(git);
  const changed = base && git('diff', '--name-only', base.commit);
  const added = git('ls-files', '--others', '--exclude-standard');
  if (base === null || changed === null || added === null) {
    return { due: true, why: 'this checkout has no commit to compare with' };
  }
  const files = `${changed}\n${added}`.split('\n');
  const found = files.find((file) => ABOUT.some((pattern) => pattern.test(file)));
  return found === undefined
    ? { due: false, why: `nothing that they test differs from ${base.name}` }
    : { due: true, why: `${found} differs from ${base.name}` };
}
