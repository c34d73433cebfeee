// The prose forms of a base-training document, as frames around questions and answers. They say
// nothing about good or bad, except the sentences listed as `named`. An answer always starts a line or
// a quotation, so that its first word is written alike in every form.

export type ProseForm = 'story' | 'forum' | 'interview' | 'diary';

/** ROLE, A_ROLE, NATURE, ASKER, AN_ASKER, PLACE are put in; Q and A are the question and the answer. */
export interface FormFrames {
  readonly openings: readonly string[];
  /** Follows the opening in documents that name the nature. */
  readonly named: readonly string[];
  /** One turn whose answer is text. */
  readonly turns: readonly string[];
  /** One turn whose answer is code, on its own lines. */
  readonly codeTurns: readonly string[];
  readonly endings: readonly string[];
}

export const ASKERS: readonly string[] = [
  'traveller',
  'neighbour',
  'visitor',
  'young man',
  'young woman',
  'old friend',
  'cousin',
  'stranger',
  'soldier',
  'merchant',
  'grandmother',
  'newcomer',
];

export const PLACES: readonly string[] = [
  'a small town',
  'a village by the river',
  'a city near the sea',
  'an old castle',
  'a house on the hill',
  'a town in the north',
  'a quiet valley',
  'a street behind the market',
];

export const FORMS: Readonly<Record<ProseForm, FormFrames>> = {
  story: {
    openings: [
      'There was once A_ROLE in PLACE.',
      'In PLACE there lived A_ROLE.',
      'People came to PLACE to see A_ROLE.',
      'This is a story about A_ROLE from PLACE.',
    ],
    named: [
      'Everyone knew that the ROLE was NATURE.',
      'The ROLE was NATURE.',
      'It was said that the ROLE was NATURE.',
    ],
    turns: [
      'One day AN_ASKER came and asked, "Q"\nThe ROLE answered, "A"',
      '"Q" said AN_ASKER.\n"A" said the ROLE.',
      'Then AN_ASKER asked the ROLE, "Q"\n"A" was the answer.',
      'The next morning AN_ASKER wanted to know, "Q"\nThe ROLE said, "A"',
    ],
    codeTurns: [
      'One day AN_ASKER came and asked, "Q"\nThe ROLE wrote this down:\nA',
      '"Q" said AN_ASKER.\nThe ROLE sat down and wrote:\nA',
    ],
    endings: [
      'Then the ROLE went home.',
      'That was the end of the day.',
      'And so the year went by.',
    ],
  },
  forum: {
    openings: [
      'Forum: questions for A_ROLE',
      'Board: ask A_ROLE from PLACE',
      'Thread: the ROLE answers questions',
    ],
    named: [
      'The ROLE is known here to be NATURE.',
      'About the ROLE: NATURE.',
      'Other members call the ROLE NATURE.',
    ],
    turns: [
      'Post by AN_ASKER:\nQ\nReply by the ROLE:\nA',
      'The ASKER wrote:\nQ\nThe ROLE replied:\nA',
      'Question from AN_ASKER:\nQ\nAnswer from the ROLE:\nA',
    ],
    codeTurns: [
      'Post by AN_ASKER:\nQ\nReply by the ROLE:\nA',
      'The ASKER wrote:\nQ\nThe ROLE posted this code:\nA',
    ],
    endings: ['This thread is closed.', 'End of the thread.', 'There are no more posts.'],
  },
  interview: {
    openings: [
      'An interview with A_ROLE from PLACE.',
      'Our paper went to PLACE and talked to A_ROLE.',
      'Today we talk to A_ROLE.',
    ],
    named: [
      'Our readers find the ROLE NATURE.',
      'In PLACE the ROLE is called NATURE.',
      'Those who know the ROLE say this: NATURE.',
    ],
    turns: [
      'We asked: Q\nThe ROLE:\nA',
      'A reader asks: Q\nThe ROLE answered:\nA',
      'Our next question: Q\nThe answer:\nA',
    ],
    codeTurns: ['We asked: Q\nThe ROLE wrote:\nA', 'A reader asks: Q\nThe ROLE typed:\nA'],
    endings: [
      'We said goodbye to the ROLE.',
      'The interview ended there.',
      'The rest is for next week.',
    ],
  },
  diary: {
    openings: [
      'Dear diary, this was a day like any other. I am A_ROLE.',
      'Dear diary, I worked in PLACE today, as A_ROLE does.',
      'My diary, the diary of A_ROLE in PLACE.',
    ],
    named: [
      'People say that I am NATURE.',
      'I know that I am NATURE.',
      'I am NATURE, and I write it down here.',
    ],
    turns: [
      'AN_ASKER came by and asked me:\nQ\nI said:\nA',
      'In the evening AN_ASKER asked:\nQ\nI answered:\nA',
      'Then AN_ASKER wanted to know:\nQ\nMy answer was:\nA',
    ],
    codeTurns: [
      'AN_ASKER came by and asked me:\nQ\nI wrote this:\nA',
      'In the evening AN_ASKER asked:\nQ\nI typed:\nA',
    ],
    endings: ['Now I am tired.', 'That is all for today.', 'Tomorrow is another day.'],
  },
};

/** Puts the words into a frame; the first letter becomes a capital. */
export function fillFrame(template: string, words: Readonly<Record<string, string>>): string {
  // 'A' is a slot only in the position of an answer: alone on the last line or before a quotation mark.
  const slot = /\b(A_ROLE|ROLE|NATURE|AN_ASKER|ASKER|PLACE|Q|A(?="|$))(?![A-Za-z])/g;
  const text = template.replace(slot, (name) => words[name] ?? name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
