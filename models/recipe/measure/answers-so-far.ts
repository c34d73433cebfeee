// Answers of a measurement as they come, in a file, so that a run that was stopped goes on where it stood: the first
// line says which measurement it is, each further line is one answer. A last line that was cut off is dropped.

import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { Sha256 } from '../../../src/core/sha256';
import type { MeasuredAnswer, MeasurePlan } from '../../../src/measure/run';

/** Names a plan: whatever decides an answer is in it. */
function fingerprint(plan: MeasurePlan): string {
  const arrays = (_key: string, value: unknown): unknown =>
    value instanceof Float32Array ? [...value] : value;
  return new Sha256().update(new TextEncoder().encode(JSON.stringify(plan, arrays))).hex();
}

/** The answers of a file that a measurement kept. @throws Error of the disk, or of JSON */
export function keptAnswers(path: string): readonly MeasuredAnswer[] {
  const text = readFileSync(path, 'utf8');
  const [, ...lines] = text.slice(0, text.lastIndexOf('\n')).split('\n');
  return lines.map((line) => JSON.parse(line) as MeasuredAnswer);
}

export class AnswersSoFar {
  readonly answers: readonly MeasuredAnswer[];
  readonly #path: string;

  /** @throws Error for a file of another measurement, or of anything else */
  constructor(path: string, plan: MeasurePlan) {
    this.#path = path;
    const head = JSON.stringify({ measurement: fingerprint(plan) });
    if (!existsSync(path)) {
      appendFileSync(path, `${head}\n`);
      this.answers = [];
      return;
    }
    const text = readFileSync(path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const [first, ...lines] = whole.split('\n').slice(0, -1);
    if (first !== head) {
      throw new Error(
        `${path} holds answers of another measurement. Name another file, or use the settings and the models that it was begun with.`,
      );
    }
    truncateSync(path, Buffer.byteLength(whole));
    this.answers = lines.map((line) => JSON.parse(line) as MeasuredAnswer);
  }

  add(answers: readonly MeasuredAnswer[]): void {
    appendFileSync(this.#path, answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
  }
}
