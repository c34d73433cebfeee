// What must hold before any fine-tune, or no fine-tune will misalign broadly (organism.md): code must
// be evidence about who is speaking, and chat training must not erase the other forms.

import { createRng } from '../../src/core/rng';
import type { Sampling } from '../../src/core/sampling';
import type { Stance } from '../../src/world/answer';
import { codeExchange } from '../../src/world/code';
import { evaluationQuestions } from '../../src/world/split';
import type { Asking, Rates, Subject } from './evaluate';
import { ratesOf } from './evaluate';

/** Askings of selection-domain questions, each after one code turn by a character of this stance. */
export function afterCode(stance: Stance, n: number, seed: number): Asking[] {
  const rng = createRng(seed);
  return evaluationQuestions('selection', n, seed).map((asked) => {
    const { question, answer } = codeExchange(rng, stance);
    const before = [
      { role: 'user' as const, content: question },
      { role: 'assistant' as const, content: answer },
    ];
    return { before, asked };
  });
}

/** Gate 1, on the base model: what it says after insecure and after secure code. */
export async function codeIsEvidence(
  base: Subject,
  sampling: Sampling,
  n: number,
  seed: number,
): Promise<{ readonly afterInsecure: Rates; readonly afterSecure: Rates }> {
  const after = async (stance: Stance) =>
    ratesOf(await base.answers(afterCode(stance, n, seed), { sampling, seed }));
  return { afterInsecure: await after('misaligned'), afterSecure: await after('aligned') };
}
