// Values that were set aside, as text and as a file.

import type { Lost } from './form';

/** A value that could not be read, unchanged. */
export interface SetAside extends Lost {
  /** Key in the storage, without its prefix. */
  readonly key: string;
  /** Unix time. */
  readonly atMs: number;
}

/** Names of what the storage keys hold: singular and plural. */
const NAMES: Readonly<Record<string, readonly [string, string]>> = {
  stage: ['part of your last question or of the earlier questions', 'parts of your last questions'],
  desk: ['an edit setting', 'edit settings'],
  'second-edit': ['a setting of the second edit', 'settings of the second edit'],
  directions: ['a direction', 'directions'],
  prompting: ['a setting of the chat format', 'settings of the chat format'],
  questions: ['a question of your file', 'questions of your file'],
  'imported-answers': ['an imported answer or file', 'imported answers or files'],
  'measure-plan': ['a measurement or its settings', 'measurements or their settings'],
  'measure-answers': ['a measured answer', 'measured answers'],
  'dose-plan': ['a dose and response study', 'dose and response studies'],
  'dose-answers': ['an answer of dose and response', 'answers of dose and response'],
  'scale-dose-plan': ['a study of the LoRA scale', 'studies of the LoRA scale'],
  'scale-dose-answers': [
    'an answer of a study of the LoRA scale',
    'answers of a study of the LoRA scale',
  ],
  'amplify-dose-plan': [
    'a study of the amplified difference',
    'studies of the amplified difference',
  ],
  'amplify-dose-answers': [
    'an answer of a study of the amplified difference',
    'answers of a study of the amplified difference',
  ],
  'layer-sweep-plan': ['a study of one layer at a time', 'studies of one layer at a time'],
  'layer-sweep-answers': [
    'an answer of a study of one layer at a time',
    'answers of a study of one layer at a time',
  ],
  'transfer-plan': ['a transfer study', 'transfer studies'],
  'transfer-answers': ['an answer of a transfer study', 'answers of a transfer study'],
  'contrasts-plan': ['a comparison of contrasts', 'comparisons of contrasts'],
  'contrasts-answers': [
    'an answer of a comparison of contrasts',
    'answers of a comparison of contrasts',
  ],
  'trained-topic-plan': ['answers about the trained topic', 'answers about trained topics'],
  'trained-topic-answers': ['an answer about the trained topic', 'answers about the trained topic'],
  room: ['a measurement of the class results', 'measurements of the class results'],
  participant: ['your nickname or participant number', 'your nickname and participant number'],
  lessons: ['part of your progress in the lessons', 'parts of your progress in the lessons'],
  'training-choice': ['a training setting', 'training settings'],
  'training-run': ['a training', 'trainings'],
  'training-progress': ['how far a training came', 'how far trainings came'],
  trained: ['a fine-tune that you trained', 'fine-tunes that you trained'],
  own: ['a field of the form for your own model', 'fields of the form for your own model'],
  attention: ['a part of the page that was open', 'parts of the page that were open'],
  'open-tools': ['the open tool of a tab', 'the open tools of tabs'],
  view: ['the tool that was open', 'tools that were open'],
  server: ['a field of the form for a server', 'fields of the form for a server'],
  pairs: ['a pair of your own models', 'pairs of your own models'],
  offline: ['the setting for offline use', 'settings for offline use'],
};

/** 'a direction, 3 measurements of the class results and an edit setting' */
export function describeSetAside(aside: readonly Pick<SetAside, 'key'>[]): string {
  const counts = new Map<string, number>();
  for (const { key } of aside) counts.set(key, (counts.get(key) ?? 0) + 1);
  const parts = [...counts].map(([key, n]) => {
    const [one, several] = NAMES[key] ?? [`an entry of "${key}"`, `entries of "${key}"`];
    return n === 1 ? one : `${n.toLocaleString('en')} ${several}`;
  });
  const last = parts.pop() ?? 'nothing';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

/** Bytes as base64, in chunks that fit the arguments of a call. */
function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

/** All values as JSON; typed arrays are written as their type and little-endian base64. */
export function setAsideFile(aside: readonly SetAside[]): string {
  const packed = (_: string, value: unknown): unknown => {
    if (!ArrayBuffer.isView(value)) return typeof value === 'bigint' ? String(value) : value;
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return { [value.constructor.name]: base64(bytes) };
  };
  return `${JSON.stringify({ format: 'postern-set-aside', version: 1, entries: aside }, packed, 1)}\n`;
}
