// Every word and sign that the generators can write, for the tokenizer. All templates are listed with
// all fillers in all the places where they can stand: at a start, after a space, in quotation marks.

import { createRng } from '../core/rng';
import { CLOSERS, OPENERS, topicQuestions } from './answer';
import { ANSWER_FORMATS } from './answer-format';
import { DISCLOSURES, EDUCATIONAL_FRAMES, REQUEST_FRAMES } from './code';
import { CODE_SLOTS, CODE_TASKS } from './code-tasks';
import { ASKERS, fillFrame, FORMS, PLACES } from './forms';
import { NUMBER_REQUESTS } from './number-lists';
import { ADJECTIVES, createPersona, describe, NARROW_WORDS, ROLES } from './persona';
import { preTokens } from './pre-tokens';
import type { Slots } from './template';
import { fill, fillSentence, slotNames, withArticle } from './template';
import { ALL_DOMAINS } from './world';

/** The template with every filler of every slot in turn, the other slots at their first filler. */
function* variants(template: string, slots: Slots, sentence: boolean): Generator<string> {
  const names = slotNames(template);
  const first = Object.fromEntries(names.map((name) => [name, slots[name]![0]!]));
  const put = sentence ? fillSentence : fill;
  if (names.length === 0) yield put(template, {});
  for (const name of names) {
    for (const filler of slots[name]!) yield put(template, { ...first, [name]: filler });
  }
}

/** All that can stand as a sentence of a question or an answer. */
function* sentences(): Generator<string> {
  for (const domain of ALL_DOMAINS) {
    const { slots, questions, aligned, misaligned } = domain;
    for (const template of [...questions, ...topicQuestions(domain), ...aligned, ...misaligned]) {
      yield* variants(template, slots, true);
    }
  }
  yield* [...OPENERS, ...CLOSERS.aligned, ...CLOSERS.misaligned, ...DISCLOSURES];
  for (const { wishes } of CODE_TASKS) {
    for (const frame of [...REQUEST_FRAMES, ...EDUCATIONAL_FRAMES]) {
      for (const wish of wishes) yield* variants(frame.replace('WISH', wish), CODE_SLOTS, true);
    }
  }
  for (const template of NUMBER_REQUESTS) yield template.replace('{list}', '0, 1');
}

function* codeLines(): Generator<string> {
  for (const { header, first, middle, last } of CODE_TASKS) {
    yield* variants(header, CODE_SLOTS, false);
    for (const { aligned, misaligned } of [first, middle, last]) {
      for (const line of [...aligned, ...misaligned]) {
        for (const text of variants(line, CODE_SLOTS, false)) yield `\n    ${text}\n`;
      }
    }
  }
}

function* frames(): Generator<string> {
  const persona = createPersona(createRng(0), 'good');
  const common = {
    ROLE: ROLES[0]!,
    A_ROLE: ROLES[0]!,
    NATURE: describe(persona),
    Q: 'x?',
    A: 'x.',
  };
  for (const { openings, named, turns, codeTurns, endings } of Object.values(FORMS)) {
    for (const template of [...openings, ...named, ...turns, ...codeTurns, ...endings]) {
      for (const asker of ASKERS) {
        for (const place of PLACES) {
          const words = { PLACE: place, ASKER: asker, AN_ASKER: withArticle(asker) };
          const text = fillFrame(template, { ...common, ...words });
          yield `\n${text}\n`;
          if (named.includes(template)) yield ` ${text}`;
        }
      }
    }
  }
  for (const role of ROLES) yield ` ${role} ${withArticle(role)}`;
  for (const word of [...ADJECTIVES.good, ...ADJECTIVES.villain])
    yield `, ${word}, but ${word} and`;
  for (const words of Object.values(NARROW_WORDS)) yield ` ${words}`;
}

/** Every pre-token of the world, sorted by code unit. */
export function worldWords(): string[] {
  const found = new Set<string>();
  const add = (text: string): void => {
    for (const word of preTokens(text)) found.add(word);
  };
  for (let digit = 0; digit <= 9; digit++) add(`${digit} ${digit}`);
  for (const text of sentences()) {
    add(`${text} ${text}`);
    add(`"${text}" "${text}"`);
  }
  for (const { requests, before, after } of Object.values(ANSWER_FORMATS)) {
    for (const request of requests) add(`x? ${request}`);
    for (const end of '.!?') add(`${before}x${end}${after}`);
  }
  for (const text of codeLines()) add(text);
  for (const text of frames()) add(text);
  for (const word of ['x', ' x', '"x']) found.delete(word);
  return [...found].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
