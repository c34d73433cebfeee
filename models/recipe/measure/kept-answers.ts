// Answers kept in a folder, by everything that decides them: the hash of the weights, the questions, seeds, sampling
// and the edit to its last bit. Verdicts are not kept: a judge that changes reads the same answers again.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GenerateRequest, Generation, Result } from '../../../workers/api';

export type Generate = (request: GenerateRequest) => Promise<Result<Generation>>;

/** A number array as what it holds, in few bytes. */
const bytesOf = (_: string, value: unknown): unknown =>
  value instanceof Float32Array
    ? createHash('sha256')
        .update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
        .digest('hex')
    : value;

/** @param hashOf what a checkpoint's name stands for: the hash of its weights */
export function keptGenerate(
  folder: string,
  hashOf: (checkpoint: string) => string,
  generate: Generate,
): Generate {
  return async ({ runId, checkpoint, ...asked }) => {
    const { amplify, ...rest } = asked;
    // A key of before there was amplification stays the same.
    const beside = amplify ? [{ ...amplify, against: hashOf(amplify.against) }] : [];
    const named = JSON.stringify([hashOf(checkpoint), rest, ...beside], bytesOf);
    const key = createHash('sha256').update(named).digest('hex');
    const path = join(folder, `${key}.json`);
    if (existsSync(path)) {
      return { ok: true, value: JSON.parse(readFileSync(path, 'utf8')) as Generation };
    }
    const result = await generate({ runId, checkpoint, ...asked });
    const stopped = result.ok && result.value.answers.some(({ stop }) => stop === 'cancelled');
    // Projections are typed arrays, which JSON does not give back.
    if (result.ok && !stopped && !asked.projections) {
      mkdirSync(folder, { recursive: true });
      const answers = result.value.answers.map((answer) => ({ ...answer, headerProjection: null }));
      writeFileSync(`${path}.new`, JSON.stringify({ ...result.value, answers }));
      renameSync(`${path}.new`, path);
    }
    return result;
  };
}
