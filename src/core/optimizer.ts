// AdamW (Loshchilov & Hutter 2019) with gradient clipping by global norm and a warm-up and cosine
// schedule. Parameters and moments are changed in place, for speed. Matrices decay, vectors (norm
// gains, biases) do not.

import type { Tensor } from './tensor';

export interface AdamWSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
}

const ADAMW_DEFAULTS: AdamWSettings = {
  beta1: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  weightDecay: 0.01,
};

/** Running means of a parameter's gradient and of its square, of the parameter's size. */
export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export class AdamW {
  readonly #settings: AdamWSettings;
  readonly #moments = new Map<string, Moments>();
  #steps = 0;

  constructor(settings: Partial<AdamWSettings> = {}) {
    this.#settings = { ...ADAMW_DEFAULTS, ...settings };
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#steps;
  }

  /** First and second moments by parameter name: a later session needs them to continue. */
  get moments(): ReadonlyMap<string, Moments> {
    return this.#moments;
  }

  /** Goes on from a saved state; the arrays are kept, not copied. */
  restore(steps: number, moments: ReadonlyMap<string, Moments>): void {
    this.#steps = steps;
    this.#moments.clear();
    for (const [name, moment] of moments) this.#moments.set(name, moment);
  }

  /**
   * One step on every tensor that has a gradient; changes `parameters` in place. `gradientScale`
   * multiplies every gradient first (see `clipScale`), which saves a pass.
   * @throws Error when a gradient has no parameter or another size.
   */
  step(
    parameters: ReadonlyMap<string, Tensor>,
    gradients: ReadonlyMap<string, Tensor>,
    learningRate: number,
    gradientScale = 1,
  ): void {
    const { beta1, beta2, eps, weightDecay } = this.#settings;
    this.#steps++;
    const stepSize = learningRate / (1 - beta1 ** this.#steps);
    const secondScale = 1 / (1 - beta2 ** this.#steps);
    for (const [name, { data: gradient }] of gradients) {
      const parameter = parameters.get(name);
      if (parameter?.data.length !== gradient.length) {
        throw new Error(`The gradient of ${name} does not fit its parameter.`);
      }
      const { first, second } = this.#momentsOf(name, gradient.length);
      const keep = parameter.dims.length >= 2 ? 1 - learningRate * weightDecay : 1;
      const p = parameter.data;
      for (let i = 0; i < p.length; i++) {
        const g = gradient[i]! * gradientScale;
        const m = beta1 * first[i]! + (1 - beta1) * g;
        const v = beta2 * second[i]! + (1 - beta2) * g * g;
        first[i] = m;
        second[i] = v;
        p[i] = p[i]! * keep - (stepSize * m) / (Math.sqrt(v * secondScale) + eps);
      }
    }
  }

  #momentsOf(name: string, size: number): Moments {
    let moments = this.#moments.get(name);
    if (!moments) {
      moments = { first: new Float32Array(size), second: new Float32Array(size) };
      this.#moments.set(name, moments);
    }
    return moments;
  }
}

/** Euclidean norm of all gradients taken as one vector. */
export function globalNorm(gradients: ReadonlyMap<string, Tensor>): number {
  let sum = 0;
  for (const { data } of gradients.values()) {
    for (let i = 0; i < data.length; i++) sum += data[i]! * data[i]!;
  }
  return Math.sqrt(sum);
}

/** The factor that brings a gradient of norm `norm` down to `maxNorm`; 1 when it is within it. */
export function clipScale(norm: number, maxNorm: number): number {
  return norm > maxNorm ? maxNorm / norm : 1;
}

export interface Schedule {
  readonly peak: number;
  readonly warmupSteps: number;
  readonly totalSteps: number;
  /** The rate at the end, as a fraction of the peak. */
  readonly floor: number;
}

/** Learning rate of step 0, 1, ...: a linear rise over the warm-up, then half a cosine to the floor. */
export function learningRateAt(step: number, schedule: Schedule): number {
  const { peak, warmupSteps, totalSteps, floor } = schedule;
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
  return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
