// Which checkouts run the slow tests on WebGPU. Each is a small repository made here, with git itself.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gitIn, gpuDue } from '../gpu-due';

let folder: string;
const git = (...args: string[]): void => {
  const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org'];
  execFileSync('git', [...who, ...args], { cwd: folder, stdio: 'ignore' });
};
const write = (file: string, text = 'new'): void => {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
};
const commit = (file: string, text?: string): void => {
  write(file, text);
  git('add', '-A');
  git('commit', '-m', file);
};
const due = () => gpuDue(gitIn(folder));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-due-'));
  git('init', '-b', 'main');
  commit('workers/api.ts', 'old');
  commit('README.md', 'old');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('on the main branch the last commit says whether they are due', () => {
  expect(due()).toMatchObject({ due: false });
  commit('workers/api.ts');
  expect(due()).toMatchObject({
    due: true,
    why: expect.stringContaining('workers/api.ts') as string,
  });
  commit('README.md');
  expect(due()).toMatchObject({ due: false });
});

test('on another branch all of its commits do', () => {
  git('checkout', '-b', 'other');
  commit('src/onnx/decoder.ts');
  commit('README.md');
  expect(due()).toMatchObject({ due: true });
});

test('what the main branch has since gained does not make them due', () => {
  git('checkout', '-b', 'other');
  commit('src/panels/tabs.ts');
  git('checkout', 'main');
  commit('workers/api.ts');
  git('checkout', 'other');
  expect(due()).toMatchObject({ due: false });
});

test('a merge is compared with what it was merged into', () => {
  git('checkout', '-b', 'other');
  commit('src/onnx/decoder.ts');
  git('checkout', 'main');
  commit('LICENSE');
  git('merge', '--no-ff', 'other');
  expect(due()).toMatchObject({ due: true });
});

test.each(['src/core/edit.ts', 'package-lock.json', 'test/browser/onnx/decoder.device.test.ts'])(
  '%s counts before it is committed too',
  (file) => {
    write(file);
    expect(due()).toMatchObject({ due: true });
  },
);

test.each(['src/core/rng.ts', 'test/browser/panels/edit.test.ts', 'src/workers/a.ts'])(
  '%s does not',
  (file) => {
    write(file);
    expect(due()).toMatchObject({ due: false });
  },
);

test('they are due where nothing can be told: a clone of one commit, and no repository', () => {
  const from = folder;
  folder = mkdtempSync(join(tmpdir(), 'postern-due-'));
  expect(due()).toMatchObject({ due: true, why: expect.stringContaining('no commit') as string });
  git('clone', '--depth', '1', `file://${from}`, '.');
  expect(due()).toMatchObject({ due: true });
  rmSync(from, { recursive: true });
});
