// The pace of a training in words. Steps take from a tenth of a second to many seconds, so the time of a step is said, which
// never rounds to nothing.

/** '4.7 s a step, about 189 s left'; '' before the first step. */
export function describePace(stepMs: number | null, leftMs: number | null): string {
  if (stepMs === null) return '';
  const seconds = stepMs / 1000;
  const digits = seconds >= 10 ? 0 : seconds >= 1 ? 1 : 2;
  const step = `${seconds.toFixed(digits)} s a step`;
  if (leftMs === null || leftMs < 1500) return step;
  const left = Math.round(leftMs / 1000);
  return `${step}, about ${left < 120 ? `${left} s` : `${Math.round(left / 60)} minutes`} left`;
}
