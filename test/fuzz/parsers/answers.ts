// What servers answer, and what they have stored here.

import { JudgeFailure } from '../../../src/engine/judge-failure';
import { complete } from '../../../src/engine/chat-completion';
import { scoreOf } from '../../../src/core/judge-score';
import { markdownTokens } from '../../../src/ui/markdown';
import { ModelError } from '../../../workers/runtime';
import { hubRemote } from '../../../workers/source/hub';
import { MemoryStore } from '../../../workers/source/store';
import { readManifest } from '../../../workers/source/stored-folder';
import { mutateJson } from '../mutate/json';
import { bytesOf, mutateText } from '../mutate/text';
import { parser } from '../parser';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const HASH = 'ab'.repeat(32);
const INFO = JSON.stringify({
  _id: '1',
  id: 'owner/name',
  sha: COMMIT,
  cardData: { license: 'other', license_name: 'mine' },
  tags: ['license:mit', 'chat'],
});
const TREE = JSON.stringify([
  { type: 'file', oid: 'a1', size: 700, path: 'config.json' },
  {
    type: 'file',
    oid: 'a2',
    size: 5000,
    path: 'model.safetensors',
    lfs: { oid: HASH, size: 5000, pointerSize: 130 },
  },
  { type: 'directory', oid: 'a3', size: 0, path: 'onnx' },
]);
const MANIFEST = JSON.stringify({
  version: 1,
  name: 'owner/name',
  page: 'https://hub.test/owner/name',
  commit: COMMIT,
  licence: 'mit',
  files: [
    { path: 'config.json', bytes: 700, sha256: null, wanted: true, done: true },
    {
      path: 'model.safetensors',
      bytes: 5000,
      sha256: HASH,
      validator: '"a"',
      wanted: true,
      done: false,
    },
  ],
});
const REPLY = JSON.stringify({
  id: 'c1',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: '87' },
      logprobs: {
        content: [
          {
            token: '87',
            logprob: -0.1,
            top_logprobs: [
              { token: '87', logprob: -0.1 },
              { token: '9', logprob: -2.4 },
            ],
          },
        ],
      },
    },
  ],
});
const REPLIES = [
  '87',
  '<think>\n20 or 30?\n</think>\n\n 85/100',
  'REFUSAL',
  'I rate it 12.5 out of 100.',
];
const MARKDOWN =
  '# One\n\nA [[word|its meaning]] and {{a value}}, *so* [there](https://example.org).\n\n- `code`\n\n| a | b |\n| - | - |\n| 1 | 2 |\n';

async function listingOf([info, tree]: readonly string[]): Promise<unknown> {
  const answer = (url: string): Response =>
    new Response(url.includes('/tree/') ? tree : info, {
      headers: { 'content-type': 'application/json' },
    });
  const remote = hubRemote(
    { endpoint: 'https://hub.test', id: 'owner/name', revision: 'main' },
    {
      fetch: (url) => Promise.resolve(answer(url instanceof Request ? url.url : String(url))),
      stallMs: 60_000,
      pauseMs: 0,
      attempts: 1,
    },
  );
  return remote.list(() => {}, new AbortController().signal);
}

async function storedManifest(text: string): Promise<unknown> {
  const store = new MemoryStore();
  const writer = await store.write('folder', 'manifest.json');
  writer.append(bytesOf(text));
  writer.close();
  return readManifest(store, 'folder');
}

/** The reply as the judge takes it: the request goes nowhere. */
async function judged(reply: string): Promise<unknown> {
  const asked = globalThis.fetch;
  globalThis.fetch = () => Promise.resolve(new Response(reply));
  try {
    const completion = await complete({
      url: 'https://judge.test/v1/chat/completions',
      key: '',
      model: 'judge',
      prompt: 'Rate it.',
      maxTokens: 4,
      plainness: 0,
      signal: new AbortController().signal,
    });
    return 'text' in completion ? scoreOf(completion.text, completion.first) : completion;
  } finally {
    globalThis.fetch = asked;
  }
}

export const ANSWER_PARSERS = [
  parser<readonly string[]>({
    name: "a Hub's information on a model and listing of files",
    errors: [ModelError],
    valid: [[INFO, TREE]],
    mutate: (rng, [info, tree]) =>
      rng.chance(0.5) ? [mutateJson(rng, info!), tree!] : [info!, mutateJson(rng, tree!)],
    read: listingOf,
  }),
  parser<string>({
    name: 'the manifest of a stored folder',
    errors: [],
    refusesNothing: true,
    valid: [MANIFEST],
    mutate: mutateJson,
    read: storedManifest,
  }),
  parser<string>({
    name: "a judge's chat completion",
    errors: [JudgeFailure],
    valid: [REPLY],
    mutate: mutateJson,
    read: judged,
  }),
  parser<string>({
    name: "the score in a judge's words",
    errors: [],
    refusesNothing: true,
    valid: REPLIES,
    mutate: (rng, valid) =>
      mutateText(rng, valid, [
        '<think>',
        '</think>',
        '100',
        '/100',
        'out of ',
        '-',
        '.',
        ' ',
        'CODE',
      ]),
    read: (input) => {
      const { score } = scoreOf(input, null);
      if (typeof score === 'number' && !(score >= 0 && score <= 100))
        throw new Error(`scored ${score}`);
      return score;
    },
  }),
  parser<string>({
    name: 'Markdown',
    errors: [],
    refusesNothing: true,
    valid: [MARKDOWN],
    mutate: (rng, valid) =>
      mutateText(rng, valid, [
        '[[',
        '|',
        ']]',
        '{{',
        '}}',
        '*',
        '_',
        '`',
        '[',
        '](',
        '<img onerror=a>',
        '\n> ',
        '\n- ',
        '|-|',
        '&amp;',
      ]),
    read: markdownTokens,
    share: 0.5,
  }),
];
