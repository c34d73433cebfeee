// The time that a teacher gives the class: minutes to set, a clock that runs down, and the moment when it is up.

const MINUTE_MS = 60_000;
export const MOST_MINUTES = 180;
/** How often the shown time is read from the clock, ms. */
const TICK_MS = 250;

export class Countdown {
  readonly #now: () => number;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** When it ends, ms of the clock; null: it does not run. */
  #endsMs: number | null = null;

  /** Minutes that a start gives. */
  minutes = $state(10);
  /** Time left, ms; null: not started. */
  leftMs = $state<number | null>(null);
  running = $state(false);
  readonly isUp = $derived(this.leftMs === 0);

  /** @param now a clock in ms that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whole minutes from 1 to 180; any other number becomes the nearest. */
  set(minutes: number): void {
    const whole = Number.isFinite(minutes) ? Math.round(minutes) : this.minutes;
    this.minutes = Math.min(MOST_MINUTES, Math.max(1, whole));
  }

  /** From the set minutes, or from where it was paused. */
  start(): void {
    const left = this.leftMs === null || this.isUp ? this.minutes * MINUTE_MS : this.leftMs;
    this.leftMs = left;
    this.#endsMs = this.#now() + left;
    this.running = true;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** Reads the clock. */
  tick(): void {
    if (this.#endsMs === null) return;
    this.leftMs = Math.max(0, this.#endsMs - this.#now());
    if (this.leftMs === 0) this.#halt();
  }

  pause(): void {
    this.tick();
    this.#halt();
  }

  reset(): void {
    this.#halt();
    this.leftMs = null;
  }

  #halt(): void {
    clearInterval(this.#timer);
    this.#endsMs = null;
    this.running = false;
  }
}

/** `9:05`; a begun second counts as a whole one, so that the clock shows 0:00 only when the time is up. */
export function clockText(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
