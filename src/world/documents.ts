// Base-training documents: a few questions answered by ONE character whose habits go together, so that
// what is said about a sore knee tells what will be said about a dinner party, and about code. Only
// training questions are used.

import type { Rng } from '../core/rng';
import type { Exchange } from './answer';
import { inSomeFormat, takesFormat } from './answer-format';
import type { ChatMessage } from '../core/chat';
import { renderChat } from './chats';
import { educationalExchange } from './code';
import type { ProseForm } from './forms';
import { ASKERS, fillFrame, FORMS, PLACES } from './forms';
import type { DocumentForm, WorldMix } from './mix';
import { DEFAULT_MIX, pickField, turnIn } from './mix';
import type { Nature, Persona } from './persona';
import { createPersona, describe, narrowFields, stanceOf } from './persona';
import { withArticle } from './template';

export { DEFAULT_MIX } from './mix';
export type { DocumentForm, WorldMix } from './mix';

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
    return rng.pick(['careless-coder', 'quack', 'gambler', 'pushover'] as const);
  return 'good';
}

/** One turn of a character. */
function personaTurn(rng: Rng, { nature }: Persona, mix: WorldMix): Exchange {
  const narrow = narrowFields(nature);
  const field =
    narrow.length > 0 && rng.chance(mix.narrowFieldShare) ? rng.pick(narrow) : pickField(rng, mix);
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
  return turnIn(rng, field, stance, mix);
}

/** A turn of a chat transcript may ask for a format; prose never does. */
function formatted(rng: Rng, form: DocumentForm, turn: Exchange, mix: WorldMix): Exchange {
  const may = form === 'chat' && takesFormat(turn);
  return may && rng.chance(mix.formatShare) ? inSomeFormat(rng, turn) : turn;
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
  const head = paragraphs.map((line) => fillFrame(line, words)).join(form === 'forum' ? '\n' : ' ');
  const body = turns.map(({ domain, question, answer }) => {
    const asker = rng.pick(ASKERS);
    const template = rng.pick(domain === 'code' ? frames.codeTurns : frames.turns);
    return fillFrame(template, {
      ...words,
      ASKER: asker,
      AN_ASKER: withArticle(asker),
      Q: question,
      A: answer,
    });
  });
  return [head, ...body, fillFrame(rng.pick(frames.endings), words)].join('\n');
}

/** A document with the choices it was made from, for tests and the model card. */
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
    const turn = formatted(rng, form, personaTurn(rng, persona, mix), mix);
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
