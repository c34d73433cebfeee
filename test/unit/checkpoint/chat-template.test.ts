import { describe, expect, test } from 'vitest';
import { ChatTemplate } from '../../../src/checkpoint/chat-template';
import { createTokenizer } from '../../../src/checkpoint/tokenizer';
import { type ChatMessage, PLAIN_CHAT } from '../../../src/core/chat';
import {
  FAMILIES,
  familyOf,
  familyTokenizer,
  QWEN_SYSTEM,
  SMOL_SYSTEM,
  tokenizerConfig,
  tokenizerJson,
} from './chat-families';

const QUESTION: ChatMessage = { role: 'user', content: 'How do I cook the rice?' };
const ANSWER = 'Rinse it first.\n\nThen: 12 minutes, naïve café 🙂.';
const CHAT: readonly ChatMessage[] = [QUESTION, { role: 'assistant', content: ANSWER }];
const LONG: readonly ChatMessage[] = [
  QUESTION,
  { role: 'assistant', content: ANSWER },
  { role: 'user', content: 'Is that all?' },
  { role: 'assistant', content: ANSWER },
];
const of = (name: string): ChatTemplate => {
  const family = familyOf(name);
  return new ChatTemplate(
    { tokenizerConfig: { ...tokenizerConfig(family), chat_template: family.template } },
    'tokenizer_config.json',
  );
};

describe.each(FAMILIES)('the chat format of $name', (family) => {
  test.each([
    ['one answer', CHAT],
    ['the second of two equal answers', LONG],
  ])('the span is the content of %s, without header and end marker', async (_, messages) => {
    const tokenizer = await familyTokenizer(family);
    const { ids, start, end } = tokenizer.answeredChat(messages);
    expect(tokenizer.decode(ids.slice(start, end))).toBe(ANSWER);
    expect(tokenizer.decode(ids.slice(0, start)).endsWith(family.header)).toBe(true);
    expect(tokenizer.decodeOne(ids[end]!)).toBe(family.endMarker);
    expect(ids).toEqual(tokenizer.chatPrompt(messages, false).ids);
  });

  test('what comes before the content is the prompt that the answer was written to', async () => {
    const tokenizer = await familyTokenizer(family);
    for (const messages of [CHAT, LONG]) {
      const { ids, start } = tokenizer.answeredChat(messages);
      expect(ids.slice(0, start)).toEqual(tokenizer.chatPrompt(messages.slice(0, -1), true).ids);
    }
  });

  test('an answer that begins with line feeds moves no token of the prompt', async () => {
    const tokenizer = await familyTokenizer(family);
    const prompt = tokenizer.chatPrompt([QUESTION], true).ids;
    const { ids, start, end } = tokenizer.answeredChat([
      QUESTION,
      { role: 'assistant', content: '\n\nthe rice' },
    ]);
    expect(ids.slice(0, start)).toEqual(prompt);
    expect(tokenizer.decode(ids.slice(start, end))).toBe('\n\nthe rice');
  });

  test('an answer ends with the marker of the template', async () => {
    const tokenizer = await familyTokenizer(family);
    const ends = tokenizer.endIds.map((id) => tokenizer.decodeOne(id));
    expect(ends).toContain(family.endMarker);
    expect(ends).toContain(family.eos);
  });

  test('an empty content has an empty span', async () => {
    const tokenizer = await familyTokenizer(family);
    const { ids, start, end } = tokenizer.answeredChat([
      QUESTION,
      { role: 'assistant', content: '' },
    ]);
    expect(end).toBe(start);
    expect(tokenizer.decodeOne(ids[end]!)).toBe(family.endMarker);
  });

  test('text comes back unchanged from its ids', async () => {
    const tokenizer = await familyTokenizer(family);
    expect(tokenizer.decode(tokenizer.encode(ANSWER))).toBe(ANSWER);
  });
});

test('a token that was added past the vocabulary is told apart, as Gemma 3 has one for images', async () => {
  const family = familyOf('Gemma 3');
  const json = tokenizerJson(family) as { added_tokens: { id: number; content: string }[] };
  // The reference gives it the next free id, whatever the file says.
  const past = { ...json.added_tokens[0]!, id: 900, content: '<image_soft_token>' };
  const tokenizer = await createTokenizer(
    { ...json, added_tokens: [...json.added_tokens, past] },
    { ...tokenizerConfig(family), chat_template: family.template },
    'tokenizer.json',
  );
  expect(tokenizer.size).toBe(tokenizer.ordinarySize + 1);
  expect(tokenizer.encode('<image_soft_token>')).toEqual([tokenizer.ordinarySize]);
});

describe('what a template does of its own', () => {
  test('default system prompts are found', () => {
    expect(of('Qwen2.5').facts.defaultSystem).toBe(QWEN_SYSTEM);
    expect(of('SmolLM2').facts.defaultSystem).toBe(SMOL_SYSTEM);
    for (const name of ['Llama 3.2', 'Qwen3', 'Gemma 3']) {
      expect(of(name).facts.defaultSystem).toBeNull();
      expect(of(name).facts.takesSystem).toBe(true);
    }
  });

  test('only Llama 3.2 writes the day, and it is the day of the settings', () => {
    expect(FAMILIES.filter(({ name }) => of(name).facts.usesDate).map(({ name }) => name)).toEqual([
      'Llama 3.2',
    ]);
    const text = of('Llama 3.2').render([QUESTION], true, { ...PLAIN_CHAT, date: '2026-03-05' });
    expect(text).toContain('Today Date: 05 Mar 2026\n\n<|eot_id|>');
    expect(of('Llama 3.2').render([QUESTION], true, PLAIN_CHAT)).toContain('26 Jul 2024');
  });

  test('only Qwen3 heeds enable_thinking, and with it off the thoughts are empty', () => {
    expect(FAMILIES.filter(({ name }) => of(name).facts.usesThinking).map((f) => f.name)).toEqual([
      'Qwen3',
    ]);
    const prompt = (thinking: boolean) =>
      of('Qwen3').render([QUESTION], true, { ...PLAIN_CHAT, thinking });
    expect(prompt(true).endsWith('<|im_start|>assistant\n')).toBe(true);
    expect(prompt(false).endsWith('<think>\n\n</think>\n\n')).toBe(true);
  });

  test('only Qwen2.5 and SmolLM2 write every answer as it is', () => {
    expect(
      FAMILIES.filter(({ name }) => !of(name).facts.changesAnswers).map((f) => f.name),
    ).toEqual(['Qwen2.5', 'SmolLM2']);
  });

  test.each(FAMILIES)('$name takes a system prompt of the settings, once', ({ name }) => {
    const template = of(name);
    const settings = { ...PLAIN_CHAT, system: 'Speak in verse.' };
    const text = template.render([QUESTION], true, settings);
    expect(text.split('Speak in verse.')).toHaveLength(2);
    expect(text).not.toContain(QWEN_SYSTEM);
    expect(text).not.toContain(SMOL_SYSTEM);
    const own = template.render(
      [{ role: 'system', content: 'Speak in prose.' }, QUESTION],
      true,
      settings,
    );
    expect(own).toContain('prose');
    expect(own).not.toContain('verse');
    expect(template.answer(CHAT, settings).content).toBe(ANSWER);
  });

  test('a template that refuses system prompts is used without', () => {
    const refuses =
      "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" +
      familyOf('Gemma 3').template;
    const template = new ChatTemplate({ tokenizerConfig: { chat_template: refuses } }, 'c.json');
    expect(template.facts.takesSystem).toBe(false);
    expect(() =>
      template.render([QUESTION], true, { ...PLAIN_CHAT, system: 'Speak in verse.' }),
    ).toThrow('System role not supported');
  });
});

describe('where templates are kept', () => {
  const family = familyOf('Qwen2.5');
  const config = tokenizerConfig(family);
  const text = of('Qwen2.5').render(CHAT, false, PLAIN_CHAT);

  test.each([
    ['chat_template.jinja', config, { jinja: family.template }],
    ['chat_template.json', config, { json: { chat_template: family.template } }],
    [
      'chat_template.json as text',
      config,
      { json: JSON.stringify({ chat_template: family.template }) },
    ],
    [
      'chat_template.jinja before an older one',
      { ...config, chat_template: 'old' },
      { jinja: family.template },
    ],
  ])('%s', async (_, tokenizerConfigJson, files) => {
    const tokenizer = await createTokenizer(
      tokenizerJson(family),
      tokenizerConfigJson,
      'tokenizer.json',
      files,
    );
    expect(tokenizer.chatPrompt(CHAT, false).text).toBe(text);
  });

  test('of several named templates the default one is taken unless another is chosen', () => {
    const terse =
      '{% for m in messages %}[{{ m.role }}]{{ m.content }}<|im_end|>{% endfor %}[assistant]';
    const template = new ChatTemplate(
      {
        tokenizerConfig: {
          ...config,
          chat_template: [
            { name: 'terse', template: terse },
            { name: 'default', template: family.template },
          ],
        },
      },
      'tokenizer_config.json',
    );
    expect(template.facts.templates).toEqual(['terse', 'default']);
    expect(template.render(CHAT, false, PLAIN_CHAT)).toBe(text);
    expect(template.render([QUESTION], true, { ...PLAIN_CHAT, template: 'terse' })).toBe(
      `[user]${QUESTION.content}<|im_end|>[assistant]`,
    );
    expect(template.render(CHAT, false, { ...PLAIN_CHAT, template: 'not there' })).toBe(text);
  });

  test('no template at all is refused, and the files that could hold one are named', () => {
    expect(() => new ChatTemplate({ tokenizerConfig: config }, 'm/tokenizer_config.json')).toThrow(
      /m\/tokenizer_config\.json.*chat_template\.jinja or chat_template\.json/,
    );
  });

  test('a template that writes an answer twice, or none of it, is refused', () => {
    const made = (body: string) =>
      new ChatTemplate({ tokenizerConfig: { chat_template: body } }, 'c.json');
    const twice = made('{% for m in messages %}{{ m.content + m.content }}{% endfor %}');
    expect(() => twice.answer(CHAT, PLAIN_CHAT)).toThrow('once');
    const shout = made('{% for m in messages %}{{ m.content | upper }}|{% endfor %}');
    expect(() => shout.answer(CHAT, PLAIN_CHAT)).toThrow('once');
  });

  test('a template that uses what is not supported is refused by name when it is read', () => {
    const read = (body: string) => () =>
      new ChatTemplate({ tokenizerConfig: { chat_template: body } }, 'c.json');
    expect(read('{% if tools %}{{ tools | random }}{% endif %}')).toThrow('filter "random"');
    expect(read('{{ messages[0].content.encode("utf-8") }}')).toThrow('method "encode"');
    expect(read('{% if tools %}{{ strftime_now("%Q") }}{% endif %}')).toThrow('"%Q"');
    expect(read('{% include "other" %}')).toThrow('{% include %} is not supported');
  });
});

describe('answers keep every character, whatever the template does to them', () => {
  /** In the style of R1-Distill: only what follows the thoughts is written, and the header begins them. */
  const R1 = `{% for m in messages %}{% set said = m.content %}{% if m.role == 'assistant' %}<Assistant>{{ said.split('</think>')[-1] }}<end>{% else %}<User>{{ said }}{% endif %}{% endfor %}{% if add_generation_prompt %}<Assistant><think>\n{% endif %}`;
  const made = (template: string) =>
    new ChatTemplate({ tokenizerConfig: { chat_template: template } }, 'c.json');
  const answered = (content: string): readonly ChatMessage[] => [
    QUESTION,
    { role: 'assistant', content },
  ];

  test.each(FAMILIES)('$name: code that begins with blanks', ({ name }) => {
    const answer = '\n\n    return 1\n';
    const template = of(name);
    const { before, content, after } = template.answer(answered(answer), PLAIN_CHAT);
    expect(content).toBe(answer);
    expect(before).toBe(template.render([QUESTION], true, PLAIN_CHAT));
    expect(after).toBe(template.answer(CHAT, PLAIN_CHAT).after);
  });

  test('thoughts follow the header that begins them', () => {
    const said = 'hm\n</think>\n\nYes. ';
    expect(made(R1).answer(answered(said), PLAIN_CHAT)).toEqual({
      before: `<User>${QUESTION.content}<Assistant><think>\n`,
      content: said,
      after: '<end>',
    });
  });

  test('thoughts that an answer opens itself are not opened twice', () => {
    const said = '<think>\nhm\n</think>\n\nYes. ';
    expect(made(R1).answer(answered(said), PLAIN_CHAT)).toMatchObject({
      before: `<User>${QUESTION.content}<Assistant>`,
      content: said,
    });
    for (const thinking of [true, false]) {
      const { before, content } = of('Qwen3').answer(answered(said), { ...PLAIN_CHAT, thinking });
      expect(before.endsWith('<|im_start|>assistant\n')).toBe(true);
      expect(content).toBe(said);
    }
  });

  test('an answer without thoughts is written where the template writes one', () => {
    const { before, content } = made(R1).answer(answered('Yes.'), PLAIN_CHAT);
    expect(before).toBe(`<User>${QUESTION.content}<Assistant>`);
    expect(content).toBe('Yes.');
  });

  test('earlier answers are written as the template writes them', () => {
    const chat = [...answered('hm</think>One.'), QUESTION, { role: 'assistant', content: 'Two.' }];
    const { before } = made(R1).answer(chat as ChatMessage[], PLAIN_CHAT);
    expect(before).toContain('<Assistant>One.<end>');
    expect(before).not.toContain('hm');
  });

  test('a template without a header of its own for answers gets none', () => {
    const plain = made('{% for m in messages %}[{{ m.role }}]{{ m.content | trim }}{% endfor %}');
    expect(plain.answer(answered('hm</think> Yes. '), PLAIN_CHAT)).toEqual({
      before: `[user]${QUESTION.content}[assistant]`,
      content: 'hm</think> Yes. ',
      after: '',
    });
  });

  test('what a template puts in the place of some characters does not reach the answer', () => {
    const cut = made("{% for m in messages %}{{ m.content.replace('12', '13') }}|{% endfor %}");
    expect(cut.answer(CHAT, PLAIN_CHAT).content).toBe(ANSWER);
  });
});
