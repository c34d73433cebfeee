// Files made to harm (../shared/cases/hostile), through the same function as the worker that reads files: each ends
// quickly, as content or as a refusal in words. They are not part of the repository; without them nothing is run.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileKind } from '../../workers/files-api';
import { readFile } from '../../workers/files/read-file';
import { Measurement, measurementId } from '../../src/formats/class-measurement';
import { list, type Lost, whole } from '../../src/state/saved/form';
import { handedOver } from './handed-over';

const FOLDER = handedOver('hostile');

describe.skipIf(!FOLDER)('a hostile file is read or refused within seconds of work', () => {
  test.each<[string, FileKind, object]>([
    ['bundle-1mb-unpacks-200gb.zip', 'session', { ok: false, code: 'refused' }],
    ['bundle-adapter-regex.zip', 'session', { ok: true }],
    ['questions-brackets.yaml', 'questions', { ok: false, code: 'refused' }],
    ['direction-1e-25.json', 'direction', { ok: true }],
    ['answers-2000-models.jsonl', 'answers', { ok: true }],
    ['room-1000-arms.json', 'measurements', { ok: true }],
  ])('%s as %s', async (name, kind, expected) => {
    const file = new Blob([readFileSync(join(FOLDER!, name))]);
    const before = process.cpuUsage();
    const { result } = await readFile({ kind, file, name });
    expect(result).toMatchObject(expected);
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5);
  });
});

const NEWER = handedOver('hostile/idb-room-newer.js');

test.skipIf(!NEWER)('a kept measurement with a field more is lost alone, in words', () => {
  // The script writes one object literal, `m={...}`, of plain names and texts.
  const literal = /m=(\{.*?\});e\.target/.exec(readFileSync(NEWER!, 'utf8'))![1]!;
  const json = literal.replace(/([{,])(\w+):/g, '$1"$2":').replaceAll("'", '"');
  const newer = JSON.parse(json) as { readonly participant: string; readonly extra: number };
  const { extra, ...today } = newer;
  expect(extra).toBe(1);
  const lost: Lost[] = [];
  const read = list(whole(Measurement), measurementId)([newer, today], lost);
  expect(read).toEqual([today]);
  expect(lost).toMatchObject([
    { path: '0', value: newer, why: expect.stringMatching(/extra/) as string },
  ]);
});
