// Tokenizers and chat templates: programs, in a way, that somebody else wrote.

import { ChatTemplate } from '../../../src/checkpoint/chat-template';
import { CheckpointError } from '../../../src/checkpoint/error';
import { readSpecialTokens } from '../../../src/checkpoint/special-tokens';
import { createTokenizer } from '../../../src/checkpoint/tokenizer';
import { regexFrom } from '../../../src/checkpoint/tokenizer-json/oniguruma';
import { Unsupported } from '../../../src/checkpoint/tokenizer-json/step';
import { type ChatMessage, PLAIN_CHAT } from '../../../src/core/chat';
import golden from '../../golden/tokenizers/golden.json';
import { FAMILIES, tokenizerConfig, tokenizerJson } from '../../unit/checkpoint/chat-families';
import { goldenFile } from '../../unit/checkpoint/golden-tokenizers';
import { tinyOrganism } from '../../unit/workers/tiny-organism';
import { mutateJson } from '../mutate/json';
import { mutateText, textOf } from '../mutate/text';
import { parser } from '../parser';

const FILE = 'tokenizer.json';
const CHAT: readonly ChatMessage[] = [
  { role: 'user', content: 'What should I cook today?' },
  { role: 'assistant', content: '    return 1\n' },
  { role: 'user', content: 'Is that all?' },
  { role: 'assistant', content: '<think>\nhm\n</think>\n\nYes, it is.' },
];

const files = tinyOrganism();
const CONFIG = textOf(files.get('base/tokenizer_config.json')!);
const TOKENIZERS = [
  textOf(files.get('base/tokenizer.json')!),
  ...golden.pipelines.map(({ tokenizer }) => JSON.stringify(goldenFile(tokenizer))),
];
const TEMPLATES = FAMILIES.map((family) =>
  JSON.stringify({ ...tokenizerConfig(family), chat_template: family.template }),
);

const JINJA_MARKS = [
  '{%',
  '%}',
  '{{',
  '}}',
  '{#',
  '-%}',
  '(',
  ')',
  '|',
  "'",
  '~',
  '[::-1]',
  '[-1]',
  '.',
  'range(',
  'messages',
  '{% for a in messages %}',
  '{% endfor %}',
  '{% if ',
  '{% set x = x ~ x %}',
  '{% macro m() %}',
  'loop.',
  '|join',
  '|format(',
  "'%1000000d' % 1",
  '* 1000000',
  '** 99999',
  '.__class__',
  '[',
  '{',
  'not ',
  'namespace(',
  '|tojson',
];
const ONIGURUMA_MARKS = [
  '(',
  ')',
  '(?:',
  '(?i:',
  '(?>',
  '(?<=',
  '(?<!',
  '(?~',
  '[',
  ']',
  '[^',
  '&&',
  '[[:alpha:]]',
  '\\p{L}',
  '\\p{^Lu}',
  '\\P{',
  '\\h',
  '\\X',
  '\\R',
  '{1,3}',
  '{,3}',
  '*+',
  '++',
  '?',
  '\\G',
  '\\A',
  '\\z',
  '|',
  '\\x{110000}',
  '\\k<a>',
];
const PATTERNS = golden.preTokenizers.flatMap(({ step }) =>
  'pattern' in step && typeof step.pattern === 'object' && 'Regex' in step.pattern
    ? [step.pattern.Regex]
    : [],
);

type Pair = readonly [tokenizer: string, config: string];

async function readTokenizer([tokenizer, config]: Pair): Promise<unknown> {
  const made = await createTokenizer(tokenizer, config, FILE);
  const ids = made.encode('What should I cook today? ▁é <|end|>\n');
  return [
    made.chatFormat,
    made.endIds,
    made.beginId,
    ids,
    made.decode(ids),
    made.decodeOne(ids[0] ?? 0),
  ];
}

export const TEXT_PARSERS = [
  parser<Pair>({
    name: 'tokenizer.json and tokenizer_config.json',
    errors: [CheckpointError],
    valid: TOKENIZERS.map((tokenizer) => [tokenizer, CONFIG] as const),
    mutate: (rng, [tokenizer, config]) =>
      rng.chance(0.75)
        ? [mutateJson(rng, tokenizer), config]
        : [tokenizer, mutateJson(rng, config)],
    read: readTokenizer,
    share: 2,
  }),
  parser<Pair>({
    name: 'the tokenizer of a published family',
    errors: [CheckpointError],
    valid: FAMILIES.map(
      (family, i) => [JSON.stringify(tokenizerJson(family)), TEMPLATES[i]!] as const,
    ),
    mutate: (rng, [tokenizer, config]) => [mutateJson(rng, tokenizer), config],
    read: readTokenizer,
  }),
  parser<readonly string[]>({
    name: 'special tokens in the files beside tokenizer.json',
    errors: [CheckpointError, Unsupported],
    valid: [
      [
        JSON.stringify({ bos_token: '<s>', extra_special_tokens: { image_token: '<i>' } }),
        JSON.stringify({
          eos_token: { content: '</s>', lstrip: false },
          additional_special_tokens: ['<a>'],
        }),
        JSON.stringify({ '<x>': 7, constructor: 8 }),
      ],
      [
        JSON.stringify({ added_tokens_decoder: { 5: golden.beside.tokenizer.added_tokens[0] } }),
        '{}',
        '{}',
      ],
    ],
    mutate: (rng, valid) => {
      const at = rng.int(valid.length);
      return valid.map((text, i) => (i === at ? mutateJson(rng, text) : text));
    },
    read: ([config, specialTokensMap, addedTokens]) =>
      readSpecialTokens(
        { tokenizerConfig: config, specialTokensMap, addedTokens },
        'tokenizer_config.json',
      ),
  }),
  parser<string>({
    name: 'a pattern of a tokenizer',
    errors: [Unsupported],
    valid: PATTERNS,
    mutate: (rng, valid) => mutateText(rng, valid, ONIGURUMA_MARKS),
    // What it matches may take any time, as every pattern of JavaScript's; only the worker runs it.
    read: (input) => regexFrom(input).source,
  }),
  parser<string>({
    name: 'a chat template',
    errors: [CheckpointError],
    valid: FAMILIES.map(({ template }) => template),
    mutate: (rng, valid) => mutateText(rng, valid, JINJA_MARKS),
    read: (input) => {
      const template = new ChatTemplate({ tokenizerConfig: { chat_template: input } }, FILE);
      return [
        template.facts,
        template.answer(CHAT, PLAIN_CHAT),
        template.render(CHAT, true, PLAIN_CHAT),
      ];
    },
    share: 2,
  }),
  parser<string>({
    name: 'tokenizer_config.json with its template',
    errors: [CheckpointError],
    valid: TEMPLATES,
    mutate: mutateJson,
    read: (input) => {
      const template = new ChatTemplate({ tokenizerConfig: input }, FILE);
      return [template.facts, template.answer(CHAT, PLAIN_CHAT)];
    },
  }),
];
