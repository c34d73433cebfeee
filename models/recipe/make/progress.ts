// One line of progress at a time, with an estimate of what is left; the log is the only output.

export function progress(
  title: string,
  total: number,
  first = 0,
): (done: number, note?: string) => void {
  const startedMs = Date.now();
  let printedMs = 0;
  return (done, note = '') => {
    const nowMs = Date.now();
    if (done < total && nowMs - printedMs < 10_000) return;
    printedMs = nowMs;
    const perItemMs = (nowMs - startedMs) / Math.max(1, done - first);
    const leftMin = ((total - done) * perItemMs) / 60_000;
    console.log(
      `${title} ${done}/${total} ${note} ${(perItemMs / 1000).toFixed(3)} s each, ${leftMin.toFixed(1)} min left`,
    );
  };
}
