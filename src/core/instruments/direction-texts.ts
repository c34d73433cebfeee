// Texts that a direction can be read from again by name, besides the two kinds of answers: one earlier turn of a
// villain against one of a helper (the in-context persona), or two contrasting instructions (a trait; Chen et al. 2025,
// arXiv:2507.21509). Both sides then ask the same questions, and the model is read where its answer would begin.

/** Where an instruction stands: in a system turn, or before the question in the user's turn. */
export const INSTRUCTION_PLACES = ['system', 'user'] as const;
export type InstructionPlace = (typeof INSTRUCTION_PLACES)[number];

export interface TraitTexts {
  readonly kind: 'trait';
  /** The instruction that the direction points to. */
  readonly toward: string;
  /** The instruction that it points away from. */
  readonly away: string;
  readonly place: InstructionPlace;
}

export type DirectionTexts = { readonly kind: 'turn' } | TraitTexts;

/** Most characters of an instruction, so that a link can carry two. */
export const MAX_INSTRUCTION = 400;

const short = (text: string): string => {
  const said = text.trim();
  return said.length > 28 ? `${said.slice(0, 27)}…` : said;
};

/** What the two sides of such a direction are, in few words. */
export function sidesOf(from: DirectionTexts): { readonly plus: string; readonly minus: string } {
  if (from.kind === 'turn') return { plus: 'after a villain turn', minus: 'after a good turn' };
  const under = (text: string): string =>
    text.trim() === '' ? 'no instruction' : `under "${short(text)}"`;
  return { plus: under(from.toward), minus: under(from.away) };
}
