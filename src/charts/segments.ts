// Where a line over named values may run: a value that has a word for a name among numbers, such as "full" after the
// ranks of LoRA, is none of the numbers, so no line leads to it.

const isNumber = (name: string): boolean => name.trim() !== '' && Number.isFinite(Number(name));

/** Runs of neighbours of one kind as [first, last], both included. */
export function segmentsOf(names: readonly string[]): readonly (readonly [number, number])[] {
  const segments: [number, number][] = [];
  names.forEach((name, i) => {
    const last = segments.at(-1);
    if (last && isNumber(names[last[1]]!) === isNumber(name)) last[1] = i;
    else segments.push([i, i]);
  });
  return segments;
}
