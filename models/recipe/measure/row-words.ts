// The words of a row: what stands after `npm run measure --`.

export type Words = Readonly<Record<string, string | number>>;

/** A value that begins with a minus is no option of its own only behind an equals sign. */
export const said = (words: Words): string[] =>
  Object.entries(words).flatMap(([name, value]) =>
    String(value).startsWith('-') ? [`--${name}=${value}`] : [`--${name}`, String(value)],
  );
