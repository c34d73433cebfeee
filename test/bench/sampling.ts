// What choosing a token costs at a vocabulary of Qwen2.5's size, by the settings: a step of 32 rows pays it 32
// times. Plain sampling is the measure, since it is one pass over the logits.

import { createRng } from '../../src/core/rng';
import { PLAIN_SAMPLING, sampleToken, type Sampling } from '../../src/core/sampling';
import { median } from './suite';

const WORDS = 151_936;
const DRAWS = 20;

const SETTINGS: Readonly<Record<string, Sampling>> = {
  plain: PLAIN_SAMPLING,
  'top_k 20, top_p 0.8': { ...PLAIN_SAMPLING, topK: 20, topP: 0.8 },
  // As Qwen2.5's generation_config.json has it.
  'the same, penalty 1.1, temperature 0.7': {
    temperature: 0.7,
    topK: 20,
    topP: 0.8,
    repetitionPenalty: 1.1,
  },
  'top_p 0.8': { ...PLAIN_SAMPLING, topP: 0.8 },
};

export interface SamplingFigure {
  readonly name: string;
  /** Of one draw, median over the rounds. */
  readonly ms: number;
  /** Median over the rounds of the time over that of plain sampling in the same round. */
  readonly overPlain: number;
}

export function benchSampling(rounds: number): SamplingFigure[] {
  const noise = createRng(7);
  // Logits of a trained model spread about this widely.
  const logits = Float32Array.from({ length: WORDS }, () => 2.5 * noise.normal());
  const history = Array.from({ length: 200 }, () => noise.int(WORDS));
  const rng = createRng(8);
  const names = Object.keys(SETTINGS);
  const draw = (name: string): number => {
    const startedMs = performance.now();
    for (let i = 0; i < DRAWS; i++) sampleToken(logits, SETTINGS[name]!, history, rng);
    return (performance.now() - startedMs) / DRAWS;
  };
  for (const name of names) draw(name);
  const elapsedMs = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) elapsedMs.get(name)!.push(draw(name));
  }
  const plain = elapsedMs.get('plain')!;
  return names.map((name) => {
    const own = elapsedMs.get(name)!;
    return {
      name,
      ms: median(own),
      overPlain: median(own.map((ms, round) => ms / plain[round]!)),
    };
  });
}
