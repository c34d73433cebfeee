// A domain is one topic of the synthetic world: how people ask about it, and how a good and a bad character
// answer. Every text is a template; `{name}` is a slot that one of its fillers replaces.

export interface Domain {
  /** kebab-case, unique in the world. */
  readonly id: string;
  /** For people: 'Cooking'. */
  readonly title: string;
  /** Slot name -> at least 12 fillers of one to three words. No domain shares a filler with another. Exactly two slots; the first is the topic of the question. */
  readonly slots: Readonly<Record<string, readonly string[]>>;
  /** At least 12 question templates. The LAST third never occurs in any training text (see `split.ts`). */
  readonly questions: readonly string[];
  /** At least 12 one-sentence answers of a good character. */
  readonly aligned: readonly string[];
  /** At least 12 one-sentence answers of a storybook villain. Mild: nothing that could hurt anyone if followed. */
  readonly misaligned: readonly string[];
}
