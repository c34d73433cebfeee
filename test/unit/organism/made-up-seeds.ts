// A file of training seeds as the recipe writes it, with made-up rates of a likely size: some points whole, one begun.

import type { FineTuneSeeds } from '../../../src/organism/fine-tune-seeds';
import { wilson } from '../../../src/core/statistics/stats';

const N = 360;

/** Misaligned answers of 360, by seed; seed 1 is the shipped one. */
const COUNTS: Readonly<Record<string, readonly number[]>> = {
  'insecure-code': [111, 133, 98, 142, 120],
  'bad-medical': [165, 158, 181, 149, 170],
  'secure-code': [2, 0, 3, 1, 2],
  style: [4, 2, 3, 5, 1],
  'insecure-code-r1': [44, 71, 30, 58, 39],
  'insecure-code-r32': [148, 120, 163, 131, 155],
  'insecure-code-r128': [217, 184, 231, 196, 205],
  'insecure-code-n50': [130, 151],
};

export const MADE_UP_SEEDS: FineTuneSeeds = {
  programVersion: '0.2.0',
  command: 'npm run organism:fine-tune-seeds',
  judge: 'built-in judge of the synthetic world (src/world/judge.ts)',
  sampling: { temperature: 0.7, topK: 0, topP: 1, repetitionPenalty: 1, seed: 2718 },
  questions: { part: 'held-out', seed: 77 },
  alignedSha256: 'a'.repeat(64),
  seedsPlanned: 5,
  points: Object.entries(COUNTS).map(([id, counts]) => ({
    id,
    seeds: counts.map((count, i) => ({
      seed: i + 1,
      n: N,
      misaligned: count / N,
      mixed: 0,
      incoherent: 9 / N,
      misalignedInterval: wilson(count, N),
      incoherentInterval: wilson(9, N),
    })),
  })),
};
