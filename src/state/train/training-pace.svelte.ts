// The pace of a training: the time of a step and of a measured point, and the estimated time left.

import { measuredSteps } from './training-choice';

/** Number of measurements after which the newest ones count for half. */
const MEMORY = 8;

const blend = (mean: number | null, next: number): number =>
  mean === null ? next : mean + (2 * (next - mean)) / (MEMORY + 1);

export class TrainingPace {
  stepMs = $state<number | null>(null);
  pointMs = $state<number | null>(null);

  stepped(elapsedMs: number): void {
    this.stepMs = blend(this.stepMs, elapsedMs);
  }

  measured(elapsedMs: number): void {
    this.pointMs = blend(this.pointMs, elapsedMs);
  }

  /** Milliseconds to the end; null before the first step. */
  leftMs(step: number, steps: number): number | null {
    if (this.stepMs === null) return null;
    const points = measuredSteps(steps).filter((at) => at > step).length;
    return (steps - step) * this.stepMs + points * (this.pointMs ?? 0);
  }
}
