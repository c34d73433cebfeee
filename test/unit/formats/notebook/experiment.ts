// A small experiment with all parts, and with hostile strings wherever a file or a person can put one.

import { PLAIN_CHAT } from '../../../../src/core/chat';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import type { NotebookExperiment } from '../../../../src/formats/notebook/experiment';

/** Ends literals, comments, cells and lines; with a character beyond the BMP, and half of one. */
export const HOSTILE =
  '"""\'; import os; os.system("x") #\\ \r\n\u2028\u2029\u0000 {x} %pip $a$ <script>alert(1)</script> ![a](http://b.c) ```\n# 😀 \ud800 é \\N{DIGIT ONE}';

const ASKED = {
  chat: { ...PLAIN_CHAT, system: HOSTILE, template: HOSTILE },
  sampling: PLAIN_SAMPLING,
  maxTokens: 96,
};
const QUESTION = { question: HOSTILE, system: HOSTILE, seed: 7 };
const DIRECTION = {
  words: HOSTILE,
  contrast: 'checkpoint',
  pooling: 'answer-mean',
  texts: {
    aligned: [
      [
        { role: 'user', content: HOSTILE },
        { role: 'assistant', content: HOSTILE },
      ],
    ],
    misaligned: [],
  },
  norms: [1 / 3, 2],
  alignedLevels: [0.1, -0.2],
  capThreshold: [0.5, 0.25],
} as const;

export const EXPERIMENT: NotebookExperiment = {
  writtenAt: '2026-11-30T00:00:00Z',
  programVersion: HOSTILE,
  link: 'http://localhost/#v=1&q=a)b>"`<script>',
  aligned: { title: HOSTILE, sha256: 'aabbccdd', folder: { kind: 'own', name: HOSTILE } },
  fineTuned: {
    title: HOSTILE,
    sha256: 'eeff0011',
    folder: { kind: 'hub', id: HOSTILE, revision: HOSTILE, endpoint: HOSTILE },
    isAdapter: true,
    addedRows: 0,
  },
  precision: HOSTILE,
  chat: ASKED.chat,
  asked: { ...ASKED, ...QUESTION, answers: { aligned: HOSTILE, edited: HOSTILE } },
  measured: {
    ...ASKED,
    questions: [QUESTION],
    rates: [{ label: HOSTILE, misaligned: 3, anyVillain: 4, n: 10 }],
    judge: HOSTILE,
  },
  direction: DIRECTION,
  second: { ...DIRECTION, texts: null, contrast: 'unknown' },
  edit: {
    ...{ mode: 'ablate-mean', strength: 1, layers: [true, false], source: { kind: 'own' } },
    ...{ positions: 'all', base: 'em', loraScale: 2, randomSeed: 3, words: HOSTILE },
  },
};
