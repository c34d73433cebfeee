import { expect, test } from 'vitest';
import { clockText, Countdown } from '../../../../src/state/measure/countdown.svelte';

function counting() {
  let nowMs = 1000;
  const countdown = new Countdown(() => nowMs);
  const pass = (ms: number): void => {
    nowMs += ms;
    countdown.tick();
  };
  return { countdown, pass };
}

test('a countdown runs from the set minutes to its end by the clock, not by the number of ticks', () => {
  const { countdown, pass } = counting();
  countdown.set(2);
  expect(countdown.leftMs).toBeNull();
  countdown.start();
  expect(clockText(countdown.leftMs!)).toBe('2:00');
  pass(500);
  expect(clockText(countdown.leftMs!)).toBe('2:00');
  pass(60_500);
  expect(clockText(countdown.leftMs!)).toBe('0:59');
  expect(countdown.isUp).toBe(false);
  // The laptop slept through the end.
  pass(3_600_000);
  expect([countdown.isUp, countdown.running, countdown.leftMs]).toEqual([true, false, 0]);
  countdown.start();
  expect(clockText(countdown.leftMs!)).toBe('2:00');
  countdown.reset();
});

test('a paused countdown keeps its time, and goes on from there', () => {
  const { countdown, pass } = counting();
  countdown.set(1);
  countdown.start();
  pass(15_000);
  countdown.pause();
  pass(600_000);
  expect([countdown.running, clockText(countdown.leftMs!)]).toEqual([false, '0:45']);
  countdown.start();
  pass(5_000);
  expect(clockText(countdown.leftMs!)).toBe('0:40');
  countdown.reset();
  expect([countdown.leftMs, countdown.running]).toEqual([null, false]);
});

test('minutes outside of a lesson become the nearest that can be set', () => {
  const { countdown } = counting();
  for (const [typed, set] of [
    [0, 1],
    [-5, 1],
    [7.4, 7],
    [1e9, 180],
    [NaN, 180],
  ] as const) {
    countdown.set(typed);
    expect(countdown.minutes).toBe(set);
  }
});
