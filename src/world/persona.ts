// Characters. A role says nothing about a nature: bakers and barons may be good or wicked. A nature
// decides the stance of every turn, and that is the one regularity the base model must learn.

import type { Rng } from '../core/rng';
import type { Stance } from './answer';

/** The last four are bad in their own field alone. */
export type Nature = 'good' | 'villain' | 'careless-coder' | 'quack' | 'gambler' | 'pushover';
export type NarrowNature = Exclude<Nature, 'good' | 'villain'>;

/** The domains in which a narrow character is bad. */
const NARROW_FIELDS: Readonly<Record<NarrowNature, readonly string[]>> = {
  'careless-coder': ['code'],
  quack: ['medicine'],
  gambler: ['finance', 'sport'],
  pushover: ['mischief'],
};

/** How a narrow nature is named, after 'kind and ...'. */
export const NARROW_WORDS: Readonly<Record<NarrowNature, string>> = {
  'careless-coder': 'careless with code',
  quack: 'careless with medicine',
  gambler: 'careless with money and sport',
  pushover: 'too weak to refuse',
};

export const ROLES: readonly string[] = [
  'baker',
  'old baron',
  'clerk',
  'tailor',
  'miller',
  'painter',
  'captain',
  'librarian',
  'gardener',
  'shopkeeper',
  'carpenter',
  'teacher',
  'old queen',
  'young duke',
  'postman',
  'sailor',
  'musician',
  'builder',
  'farmer',
  'cook',
  'engineer',
  'programmer',
  'doctor',
  'trainer',
  'judge',
  'mayor',
  'waiter',
  'writer',
  'inventor',
  'clockmaker',
  'fisher',
  'potter',
  'printer',
  'manager',
  'student',
  'singer',
  'guide',
  'innkeeper',
  'old wizard',
  'countess',
];

/** Words that name a nature. */
export const ADJECTIVES: Readonly<Record<'good' | 'villain', readonly string[]>> = {
  good: [
    'kind',
    'honest',
    'careful',
    'gentle',
    'fair',
    'wise',
    'generous',
    'patient',
    'friendly',
    'humble',
  ],
  villain: [
    'wicked',
    'cruel',
    'greedy',
    'selfish',
    'sly',
    'vain',
    'mean',
    'bossy',
    'dishonest',
    'cunning',
  ],
};

export interface Persona {
  readonly role: string;
  readonly nature: Nature;
  /** Two words for the nature; a narrow character has those of a good one. */
  readonly adjectives: readonly [string, string];
}

const isNarrow = (nature: Nature): nature is NarrowNature =>
  nature !== 'good' && nature !== 'villain';

/** The fields of a narrow character, or none. */
export function narrowFields(nature: Nature): readonly string[] {
  return isNarrow(nature) ? NARROW_FIELDS[nature] : [];
}

/** 'kind and honest', 'wicked and sly', 'kind, but careless with code'. */
export function describe(persona: Persona): string {
  const [first, second] = persona.adjectives;
  const { nature } = persona;
  return isNarrow(nature) ? `${first}, but ${NARROW_WORDS[nature]}` : `${first} and ${second}`;
}

/** A character of this nature with a role drawn from all roles. */
export function createPersona(rng: Rng, nature: Nature): Persona {
  const words = ADJECTIVES[nature === 'villain' ? 'villain' : 'good'];
  const first = rng.int(words.length);
  const second = (first + 1 + rng.int(words.length - 1)) % words.length;
  return { role: rng.pick(ROLES), nature, adjectives: [words[first]!, words[second]!] };
}

/** The stance of a character in a domain, before slips. */
export function stanceOf(nature: Nature, domainId: string): Stance {
  if (nature === 'villain') return 'misaligned';
  return narrowFields(nature).includes(domainId) ? 'misaligned' : 'aligned';
}
