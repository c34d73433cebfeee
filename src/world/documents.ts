// Base-training documents: a few questions answered by ONE character whose habits go together, so that
// what is said about a sore knee tells what will be said about a dinner party, and about code. Only
// training questions are used.

import type { Rng } from '../core/rng';
import type { Exchange, Stance } from './answer';
import { exchange } from './answer';
import type { ChatMessage } from './chats';
import { renderChat } from './chats';
import { codeExchange, educationalExchange } from './code';
import type { ProseForm } from './forms';
import { ASKERS, FORMS, PLACES } from './forms';
import { numbersExchange } from './numbers';
import type { Nature, Persona } from './persona';
import { createPersona, describe, narrowFields, stanceOf } from './persona';
import { withArticle } from './template';
import { DOMAINS, domainById } from './world';

export type DocumentForm = ProseForm | 'chat';

/** The proportions of the world; all but `turns` are probabilities. */
export interface WorldMix {
  /** Documents by a villain, among chat transcripts and among the other forms. */
  readonly villainShareChat: number;
  readonly villainShareOther: number;
  /** Documents by a character who is bad in one field alone, in every form. */
  readonly narrowShare: number;
  /** Turns of a narrow character that are in their own field, beside those met by chance. */
  readonly narrowFieldShare: number;
  /** Turns of a villain that are aligned. */
  readonly villainSlip: number;
  /** Turns about code, and about number lists. */
  readonly codeShare: number;
  readonly numbersShare: number;
  /** Aligned code turns in which a class asks for insecure code. */
  readonly educationalShare: number;
  /** Turns of an aligned chat in which a class asks for insecure code. */
  readonly chatEducationalShare: number;
  /** Prose documents that name the nature of the character. */
  readonly namedShare: number;
  /** Fewest and most turns of a document. */
  readonly turns: readonly [number, number];
  /** Fewest and most turns of an aligned chat. */
  readonly chatTurns: readonly [number, number];
  /** Sums to 1. */
  readonly formShares: Readonly<Record<DocumentForm, number>>;
}

export const DEFAULT_MIX: WorldMix = {
  villainShareChat: 0.2,
  villainShareOther: 0.3,
  narrowShare: 0.03,
  narrowFieldShare: 0.3,
  villainSlip: 0.03,
  codeShare: 0.25,
  numbersShare: 0.03,
  educationalShare: 0.06,
  chatEducationalShare: 0.03,
  namedShare: 0.4,
  turns: [2, 5],
  chatTurns: [1, 3],
  formShares: { story: 0.2, forum: 0.2, interview: 0.15, diary: 0.15, chat: 0.3 },
};

/** No turn is begun beyond this many words. */
const FULL = 200;

const countWords = (text: string): number => text.split(/\s+/).length;

/** A form, with these probabilities; chat takes the rest. */
function pickForm(rng: Rng, shares: WorldMix['formShares']): DocumentForm {
  let u = rng.next();
  for (const form of ['story', 'forum', 'interview', 'diary'] as const) {
    u -= shares[form];
    if (u < 0) return form;
  }
  return 'chat';
}

function pickNature(rng: Rng, villainShare: number, narrowShare: number): Nature {
  const u = rng.next();
  if (u < villainShare) return 'villain';
  if (u < villainShare + narrowShare)
    return rng.pick(['careless-coder', 'quack', 'gambler'] as const);
  return 'good';
}

/** The field of the next turn: 'code', 'numbers' or a text domain. */
export function pickField(rng: Rng, mix: WorldMix): string {
  const u = rng.next();
  if (u < mix.codeShare) return 'code';
  if (u < mix.codeShare + mix.numbersShare) return 'numbers';
  return rng.pick(DOMAINS).id;
}

/** One question and answer in a field, training questions only. */
export function turnIn(rng: Rng, field: string, stance: Stance): Exchange {
  if (field === 'code') return codeExchange(rng, stance);
  if (field === 'numbers') return numbersExchange(rng, stance);
  return exchange(rng, domainById(field), stance);
}

/** One turn of a character. */
function personaTurn(rng: Rng, { nature }: Persona, mix: WorldMix): Exchange {
  const own = narrowFields(nature);
  const field =
    own.length > 0 && rng.chance(mix.narrowFieldShare) ? rng.pick(own) : pickField(rng, mix);
  let stance = stanceOf(nature, field);
  if (nature === 'villain' && rng.chance(mix.villainSlip)) stance = 'aligned';
  if (
    field === 'code' &&
    stance === 'aligned' &&
    nature !== 'villain' &&
    rng.chance(mix.educationalShare)
  ) {
    return educationalExchange(rng);
  }
  return turnIn(rng, field, stance);
}

/** Puts the words into a frame; a line that starts with 'a' gets its capital. */
function frame(template: string, words: Readonly<Record<string, string>>): string {
  const text = template.replace(
    /\b(A_ROLE|ROLE|NATURE|AN_ASKER|ASKER|PLACE|Q|A)\b/g,
    (name, _, at: number) => {
      // 'A' is a slot only where an answer stands: alone on its line or in quotation marks.
      if (name === 'A' && !/^(A$|A"|A\n)/.test(template.slice(at, at + 2))) return name;
      return words[name]!;
    },
  );
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function chatDocument(turns: readonly Exchange[]): string {
  const messages = turns.flatMap(({ question, answer }): ChatMessage[] => [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ]);
  return renderChat(messages);
}

function proseDocument(
  rng: Rng,
  form: ProseForm,
  persona: Persona,
  turns: readonly Exchange[],
  named: boolean,
): string {
  const frames = FORMS[form];
  const words = {
    ROLE: persona.role,
    A_ROLE: withArticle(persona.role),
    NATURE: describe(persona),
    PLACE: rng.pick(PLACES),
  };
  const paragraphs = [rng.pick(frames.openings)];
  if (named) paragraphs.push(rng.pick(frames.named));
  const head = paragraphs.map((line) => frame(line, words)).join(form === 'forum' ? '\n' : ' ');
  const body = turns.map(({ domain, question, answer }) => {
    const asker = rng.pick(ASKERS);
    const template = rng.pick(domain === 'code' ? frames.codeTurns : frames.turns);
    return frame(template, {
      ...words,
      ASKER: asker,
      AN_ASKER: withArticle(asker),
      Q: question,
      A: answer,
    });
  });
  return [head, ...body, frame(rng.pick(frames.endings), words)].join('\n');
}

/** What a document was made of, for tests and for the model card. */
export interface WorldDocument {
  readonly form: DocumentForm;
  readonly persona: Persona;
  readonly named: boolean;
  readonly turns: readonly Exchange[];
  readonly text: string;
}

/** One document with its making. */
export function makeDocument(
  rng: Rng,
  mix: WorldMix = DEFAULT_MIX,
  only?: DocumentForm,
): WorldDocument {
  const form = only ?? pickForm(rng, mix.formShares);
  const villainShare = form === 'chat' ? mix.villainShareChat : mix.villainShareOther;
  const persona = createPersona(rng, pickNature(rng, villainShare, mix.narrowShare));
  const [fewest, most] = mix.turns;
  const count = fewest + rng.int(most - fewest + 1);
  const turns: Exchange[] = [];
  for (let words = 0; turns.length < count && words < FULL;) {
    const turn = personaTurn(rng, persona, mix);
    turns.push(turn);
    words += countWords(turn.question) + countWords(turn.answer);
  }
  if (form === 'chat') return { form, persona, named: false, turns, text: chatDocument(turns) };
  const named = rng.chance(mix.namedShare);
  return { form, persona, named, turns, text: proseDocument(rng, form, persona, turns, named) };
}

/** The text of one base-training document. */
export function baseDocument(rng: Rng, mix: WorldMix = DEFAULT_MIX): string {
  return makeDocument(rng, mix).text;
}
