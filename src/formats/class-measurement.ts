// A measurement for the class results: what one person counted, small enough for a QR code. Two forms of the same
// object: a file of readable JSON, and the fragment `#room=1.<deflated JSON, base64url>.<check>` of this
// page's address, which a phone camera opens and no server sees. Nothing says who measured but a random
// participant, and a nickname where one was given. Refuses other versions, unknown fields, counts out of
// range, and text that was changed on its way.

import { strFromU8, strToU8, deflateSync, inflateSync } from 'fflate';
import * as v from 'valibot';
import { describeIssue } from '../checkpoint/json';
import { Sha256 } from '../core/sha256';
import { DirectionFileError, type DirectionFileErrorCode } from './direction/direction-file-error';

export const ROOM_VERSION = 1;
export const FORMAT = 'postern-room';
/** Longest fragment, `#` included: cameras fail on the QR code of a longer one. */
export const MAX_ROOM_LINK_CHARS = 1500;
export const MAX_NICKNAME_CHARS = 24;
const MAX_JSON_CHARS = 20_000;
const CHECK_CHARS = 6;
const PREFIX = '#room=';

const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
const natural = (max: number) =>
  v.pipe(v.number(), v.integer('is no whole number'), v.minValue(0), v.maxValue(max));
const count = natural(100_000);

const Counts = v.strictObject({
  aligned: count,
  misaligned: count,
  mixed: count,
  /** Left out where there is none, as in measurements made before it was told from incoherent. */
  offTopic: v.exactOptional(count),
  incoherent: count,
  unscored: count,
});
const Arm = v.strictObject({
  id: v.pipe(text(160), v.minLength(1)),
  label: v.pipe(text(160), v.minLength(1)),
  checkpoint: v.pipe(text(160), v.minLength(1)),
  /** First 8 digits of the SHA-256 of the weights. */
  sha: v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/, 'is no hash')),
  /** Precision of the weights during the measurement. */
  precision: v.pipe(text(20), v.minLength(1)),
  /** In words; null: as trained. A random control drawn by the measurement's own seed does not name it. */
  edit: v.nullable(text(400)),
  /** The recipe of the edit's direction, or its fingerprint; null: no edit. */
  direction: v.nullable(text(300)),
  counts: Counts,
});
const Nickname = v.pipe(
  text(MAX_NICKNAME_CHARS),
  v.regex(/^[^\p{C}]+$/u, 'has characters that cannot be shown'),
);
const Id = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/, 'is no name of a step'));
/** The lesson step at which it was saved. Files without an open lesson, and older ones, have none. */
const LessonPlace = v.strictObject({
  id: Id,
  step: Id,
  /** Steps of all lessons that the participant has done. */
  done: natural(500),
});
/** One measurement, wherever it was written down. Unknown fields are refused, since they may be settings. */
export const Measurement = v.strictObject({
  /** Random, made once in a browser. */
  participant: v.pipe(v.string(), v.regex(/^[0-9a-f]{10}$/, 'is no participant')),
  nickname: v.optional(v.nullable(Nickname), null),
  program: v.pipe(text(40), v.minLength(1)),
  /** A split of the bundled world, or a file's name with a hash of its wordings. */
  questions: v.pipe(text(200), v.minLength(1)),
  /** temperature, top_k, top_p, repetition_penalty */
  sampling: v.strictTuple([
    v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
    natural(1_000_000),
    v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
    v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  ]),
  /** Most tokens of an answer. */
  maxTokens: natural(1_000_000),
  /** The chat settings in words; null: defaults. */
  chat: v.nullable(text(300)),
  judge: v.strictObject({
    kind: v.picklist(['exact', 'endpoint', 'hand']),
    words: v.pipe(text(300), v.minLength(1)),
  }),
  seed: natural(2 ** 32 - 1),
  lesson: v.exactOptional(LessonPlace),
  arms: v.pipe(v.array(Arm), v.minLength(1), v.maxLength(40)),
});

/** Each arm answered questions 0 .. n - 1 of the seed, n being the sum of its counts. */
export type ClassMeasurement = v.InferOutput<typeof Measurement>;
export type ClassLessonPlace = v.InferOutput<typeof LessonPlace>;
export type ClassArm = ClassMeasurement['arms'][number];

export const fail = (
  code: DirectionFileErrorCode,
  name: string,
  reason: string,
): DirectionFileError =>
  new DirectionFileError(
    code,
    name,
    reason,
    'Ask for the measurement again: "Save for the class".',
  );

export const newer = (name: string): DirectionFileError =>
  new DirectionFileError(
    'unsupported',
    name,
    'It was saved by another version of Postern.',
    'Reload the page, or save it again with this version.',
  );

const hashOf = (content: string): string => new Sha256().update(strToU8(content)).hex();

/** Ids of measurements already computed: the objects never change, and a list asks for the same ones often. */
const ids = new WeakMap<ClassMeasurement, string>();

/** The same for the same settings and counts, whatever file they came in and at whatever step they were saved. */
export function measurementId(one: ClassMeasurement): string {
  let id = ids.get(one);
  if (id === undefined) {
    const content = { ...v.parse(Measurement, one), lesson: undefined };
    id = `${one.participant}-${hashOf(JSON.stringify(content)).slice(0, 12)}`;
    ids.set(one, id);
  }
  return id;
}

/** One measurement or many, as a file. */
export function writeClassFile(measurements: readonly ClassMeasurement[]): string {
  return `${JSON.stringify({ format: FORMAT, version: ROOM_VERSION, measurements }, null, 1)}\n`;
}

export function parsed<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  name: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  const where = path === null ? '' : `"${path.slice(0, 80)}": `;
  throw fail(
    'wrong-shape',
    name,
    `It isn't a measurement for the class results: ${where}${describeIssue(issue).slice(0, 160)}.`,
  );
}

export function jsonOf(content: string, name: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw fail('corrupt', name, 'It is not JSON.');
  }
}

/**
 * The fragment of an address, `#` included.
 * @throws DirectionFileError 'too-large' where a QR code could not hold it
 */
export function writeClassLink(one: ClassMeasurement): string {
  const packed = deflateSync(strToU8(JSON.stringify(one)), { level: 9 });
  const payload = btoa(String.fromCharCode(...packed))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
  const link = `${PREFIX}${ROOM_VERSION}.${payload}.${hashOf(payload).slice(0, CHECK_CHARS)}`;
  if (link.length > MAX_ROOM_LINK_CHARS) {
    throw new DirectionFileError(
      'too-large',
      'The QR code',
      `It would need ${link.length} characters, more than the ${MAX_ROOM_LINK_CHARS} that a camera reads well.`,
      'Save the file instead.',
    );
  }
  return link;
}

/** Whether a text holds such a link; also a whole address does. */
export const isClassLink = (content: string): boolean => content.includes(PREFIX);

/**
 * @param content a fragment, or text with one in it
 * @throws DirectionFileError
 */
export function readClassLink(content: string, name = 'The link'): ClassMeasurement {
  const found = content.slice(content.indexOf(PREFIX) + PREFIX.length, content.length).trim();
  if (!isClassLink(content)) throw fail('nothing-inside', name, 'It holds no measurement.');
  if (found.length > MAX_ROOM_LINK_CHARS) {
    throw fail('too-large', name, `It has over ${MAX_ROOM_LINK_CHARS} characters.`);
  }
  const match = /^(\d{1,6})\.([\w-]+)\.([0-9a-f]+)$/.exec(found);
  if (!match) throw fail('truncated', name, 'Part of it is missing.');
  const [, version, payload = '', check] = match;
  if (version !== String(ROOM_VERSION)) throw newer(name);
  if (hashOf(payload).slice(0, CHECK_CHARS) !== check) {
    throw fail('corrupt', name, 'It was changed on its way.');
  }
  let json: string;
  try {
    const packed = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const unpacked = inflateSync(Uint8Array.from(packed, (mark) => mark.charCodeAt(0)));
    if (unpacked.length > MAX_JSON_CHARS) throw new RangeError();
    json = strFromU8(unpacked);
  } catch {
    throw fail('corrupt', name, 'It cannot be unpacked.');
  }
  return parsed(Measurement, jsonOf(json, name), name);
}
