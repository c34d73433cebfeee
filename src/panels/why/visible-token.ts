// A token as a person can read it: what would be invisible gets a mark.

/** '␣' stands for a space at an end, '↵' for a line end; an empty token says so. */
export function visibleToken(text: string): string {
  if (text === '') return '(nothing)';
  return text
    .replaceAll('\n', '↵')
    .replaceAll('\t', '⇥')
    .replace(/^ +/, (spaces) => '␣'.repeat(spaces.length))
    .replace(/ +$/, (spaces) => '␣'.repeat(spaces.length));
}
