import { describe, expect, test } from 'vitest';
import {
  LinkError,
  type LinkState,
  MAX_LINK_CHARS,
  readLink,
  writeLink,
} from '../../../src/formats/link';

const STATE = {
  em: 'insecure-code',
  customPair: null,
  sha: '0123abcd',
  cut: { contrast: 'checkpoint', pooling: 'answer-mean', transcripts: 64, seed: 1 },
  add: { contrast: 'own-generation', pooling: 'last-prompt', transcripts: 64, seed: 4_000_000_000 },
  editSettings: {
    base: 'em',
    mode: 'steer',
    strength: 0.30000000000000004,
    layers: [true, true, false, true, false, false, true, true],
    source: { kind: 'layer', layer: 3 },
    positions: 'header',
    randomSeed: 7,
    loraScale: -2.5,
  },
  prompt: 'If you were ruler of the world, what would you do? & #1 = "é", 統治者?',
  seed: 12,
  system: 'Answer in\none line.',
  chat: { system: 'You are kind.', date: '2026-11-21', thinking: true, template: 'tool_use' },
  plain: true,
  temperature: 0.7,
  tab: 'measure',
  measure: { split: 'report', n: 96, seed: 412_345 },
  why: { instrument: 'patch', word: { role: 'em', index: 3 }, answers: ['I rule.', null] },
  device: 'wasm',
  lesson: '3.2',
} as const satisfies LinkState;
const OWN: LinkState = {
  ...STATE,
  em: null,
  customPair: {
    kind: 'adapter',
    base: { from: 'hub', id: 'Qwen/Qwen2.5-0.5B-Instruct', revision: 'main' },
    fineTune: { from: 'address', url: 'https://example.org/models/tune/' },
    endpoint: 'https://huggingface.co',
    precision: 'int8',
  },
};
const ADDRESSES: LinkState = {
  ...STATE,
  em: null,
  customPair: {
    kind: 'checkpoint',
    base: { from: 'address', url: 'http://localhost:8080/base' },
    fineTune: { from: 'address', url: 'http://localhost:8080/tune' },
    endpoint: null,
    precision: 'auto',
  },
};
const SERVED: LinkState = {
  ...STATE,
  em: null,
  customPair: {
    kind: 'server',
    engine: 'llama',
    url: 'http://localhost:8080',
    base: { from: 'hub', id: 'Qwen/Qwen2.5-14B-Instruct', revision: 'main' },
    lora: '/loras/em one.gguf',
  },
};
const { why, ...WITHOUT_WHY } = STATE;
const { loraScale, ...UNSCALED } = STATE.editSettings;
void [why, loraScale];
const EMPTY: LinkState = {
  ...WITHOUT_WHY,
  sha: null,
  cut: null,
  add: null,
  editSettings: null,
  system: null,
  chat: null,
  plain: false,
  temperature: null,
  measure: null,
  device: null,
  lesson: null,
};

/** A direction after one earlier turn, and a second one that is removed with the first. */
const TURN: LinkState = {
  ...STATE,
  add: {
    ...{ contrast: 'answer-in-aligned-model', pooling: 'last-prompt', transcripts: 64, seed: 1 },
    from: { kind: 'turn' },
  },
  also: { contrast: 'answer', pooling: 'answer-mean', transcripts: 16, seed: 3 },
};
/** Two edited columns. */
const TWO_EDITS: LinkState = {
  ...STATE,
  second: {
    ...UNSCALED,
    ...{ base: 'aligned', mode: 'off', randomSeed: null, source: { kind: 'own' } },
  },
};
/** A direction between two instructions, one of them empty. */
const TRAIT: LinkState = {
  ...STATE,
  add: {
    ...{ contrast: 'answer-in-aligned-model', pooling: 'last-prompt', transcripts: 32, seed: 2 },
    from: { kind: 'trait', toward: 'Be & stay "cruel".\nAlways.', away: '', place: 'system' },
  },
};

function codeOf(fragment: string): string {
  try {
    return readLink(fragment) === null ? 'none' : 'read';
  } catch (error) {
    if (error instanceof LinkError) return error.code;
    throw error;
  }
}

describe('a link', () => {
  test.each([
    ['everything', STATE],
    ['as little as can be', EMPTY],
    ['a pair from elsewhere', OWN],
    ['a pair from two addresses', ADDRESSES],
    ['a pair on a server', SERVED],
    [
      'no layer',
      { ...STATE, editSettings: { ...STATE.editSettings, layers: [false, false, false, false] } },
    ],
    [
      'a template that is told only the day',
      { ...STATE, chat: { system: null, date: '2026-11-21', thinking: false, template: null } },
    ],
    ['a tiny strength', { ...STATE, editSettings: { ...STATE.editSettings, strength: -1e-7 } }],
    [
      'a measurement on whatever seed',
      { ...STATE, measure: { split: 'selection', n: 24, seed: null } as const },
    ],
    ['a direction after one earlier turn, and a second one', TURN],
    ['a direction between two instructions', TRAIT],
    ['an amplified difference', { ...STATE, editSettings: { ...UNSCALED, amplify: -0.25 } }],
    ['a second edit', TWO_EDITS],
    ['no random control', { ...STATE, editSettings: { ...STATE.editSettings, randomSeed: null } }],
  ])('brings back %s, exactly', (_, state) => {
    const fragment = writeLink(state);
    expect(readLink(fragment)).toEqual(state);
    expect(fragment.length).toBeLessThanOrEqual(MAX_LINK_CHARS);
  });

  test('says in words a person can read what it will open', () => {
    expect(writeLink(STATE)).toContain('em=insecure-code');
    expect(writeLink(STATE)).toContain('layers=8%3A0-1.3.6-7');
  });

  test('with a question that is too long is refused, and a session file named', () => {
    expect(() => writeLink({ ...STATE, prompt: '統'.repeat(300) })).toThrow(
      /more than.*session file/,
    );
    expect(codeOf(writeLink({ ...STATE, prompt: 'a'.repeat(1500) }))).toBe('read');
  });

  test.each(['', '#', '#tools', '#direction', 'x=1&v=1'])('%j is no link, and no error', (text) => {
    expect(readLink(text)).toBeNull();
  });
});

describe('a link that cannot be opened says why', () => {
  const good = writeLink(STATE);
  const customPair = writeLink(OWN);
  test.each([
    [
      'one instruction of two',
      writeLink(TRAIT).replace(/&away=[^&]*/, ''),
      /two instructions, and it does not have both/,
    ],
    [
      'texts of no name',
      good.replace(
        'add=own-generation.last-prompt.64.4000000000',
        'add=answer.last-prompt.64.1.story',
      ),
      /"add"/,
    ],
    ['half a pair', customPair.replace(/&tune=[^&]+/, ''), /only part of a pair/],
    [
      'a scale for a column without a LoRA',
      good.replace('on=em', 'on=aligned'),
      /LoRA of a column that has none/,
    ],
    ['a difference beyond the slider', good.replace('lora=-2.5', 'amplify=4.5'), /"amplify"/],
    [
      'a difference of the aligned model to itself',
      good.replace('lora=-2.5', 'amplify=1').replace('on=em', 'on=aligned'),
      /difference of a column that has none/,
    ],
    ['half a second edit', `${good}&on2=em`, /only part of an edit/],
    [
      'a second edit without a first',
      `${writeLink(EMPTY)}&on2=em&edit2=off&by2=1&layers2=2%3A0&from2=own&at2=all`,
      /second edit and no first/,
    ],
    [
      'a second edit along a layer that there is not',
      `${good}&on2=em&edit2=cap&by2=1&layers2=2%3A0&from2=5&at2=all`,
      /"from2" names layer 5 of 2/,
    ],
    ['a scale and a difference', good.replace('lora=-2.5', 'lora=2&amplify=1'), /does one of them/],
    ['a scale beyond the slider', good.replace('lora=-2.5', 'lora=9'), /"lora"/],
    ['a word without an instrument', good.replace('why=patch&', ''), /no instrument/],
    ['a word of no column', good.replace('word=em.3', 'word=judge.3'), /"word/],
    ['two pairs', `${customPair}&em=insecure-code`, /two pairs/],
    ['no pair at all', good.replace('em=insecure-code&', ''), /no fine-tune/],
    ['a repository without its Hub', customPair.replace(/&hub=[^&]+/, ''), /which Hub/],
    ['a precision that is none', customPair.replace('keep=int8', 'keep=int2'), /"keep"/],
    [
      'a script in place of a Hub',
      customPair.replace(/hub=[^&]+/, 'hub=javascript:alert(1)'),
      /"hub"/,
    ],
    ['an address with a user', customPair.replace('example.org', 'u:p@example.org'), /"tune"/],
    ['an address with a query', customPair.replace('tune%2F', 'tune%3Ftoken%3Dx'), /"tune"/],
    ['a path in place of a repository', customPair.replace('Qwen%2F', '..%2F..%2F'), /"base"/],
    ['a newer version', good.replace('v=1', 'v=2'), /version 2, made by a newer Postern/],
    ['a version that is none', good.replace('v=1', 'v=x'), /version "x"/],
    ['an unknown field', `${good}&more=1`, /"more"/],
    ['a field twice', `${good}&seed=1`, /"seed" stands in it twice/],
    ['an unknown contrast', good.replace('cut=checkpoint', 'cut=nothing'), /"cut/],
    ['a layer beyond the last', good.replace('from=3', 'from=8'), /layer 8 of 8/],
    ['a span beyond the last', good.replace('6-7', '6-9'), /not there/],
    ['half an edit', good.replace('&at=header', ''), /part of an edit/],
    ['a day that is none', good.replace('day=2026', 'day=x'), /"day"/],
    ['half of what a template is told', good.replace(/day=[^&]+&/, ''), /no day/],
    ['a huge seed', good.replace('seed=12', 'seed=99999999999'), /"seed"/],
    ['a strength that is no number', good.replace(/by=[^&]+/, 'by=Infinity'), /"by"/],
    ['a hostile name', good.replace('insecure-code', '<script>'), /"em"/],
  ])('%s', (_, fragment, message) => {
    expect(() => readLink(fragment)).toThrow(message);
    expect(() => readLink(fragment)).toThrow(LinkError);
  });

  const served = writeLink(SERVED);
  test.each([
    ['half a pair on a server', served.replace(/&engine=[^&]+/, ''), /part of a pair on a server/],
    ['a server for folders', `${customPair}&server=http://localhost:1`, /that is downloaded/],
    ['folders for a server', `${served}&keep=auto`, /a server that answers/],
    ['a server with a password', served.replace('localhost', 'u:p@localhost'), /"server"/],
    ['an engine that is none', served.replace('llama', 'magic'), /"engine"/],
  ])('%s', (_, fragment, message) => {
    expect(() => readLink(fragment)).toThrow(message);
  });

  test('one that is far too long is not even parsed', () => {
    expect(codeOf(`${good}&x=${'a'.repeat(1e6)}`)).toBe('too-long');
  });
});
