// A bundle read: bounded before anything is unpacked. Refuses newer versions, anything that is not a zip, and
// files too large. Version 1 had no adapters.

import { strFromU8 } from 'fflate';
import * as v from 'valibot';
import { describeIssue } from '../checkpoint/json';
import { parseAdapterConfig } from '../checkpoint/adapter/adapter-config';
import { CheckpointError } from '../checkpoint/error';
import { parseSafetensors } from '../checkpoint/safetensors';
import { AboutSchema, type AdapterAbout } from './adapter-about';
import { adapterPath, type Bundle, type BundledAdapter, INDEX, VERSION } from './bundle';
import { DirectionFileError } from './direction/direction-file-error';
import { readDirectionSafetensors } from './direction/safetensors-direction';
import { type JudgedAnswers, readJudgedAnswers } from './judged-answers';
import { LinkError, type LinkState, readLink } from './link';
import { hasMoreBrackets } from './python-json';
import { unzipWithin, ZipError } from './zip';

export const MAX_BUNDLE_BYTES = 128 << 20;
const MAX_UNPACKED_BYTES = 256 << 20;
const MAX_FILES = 200;
/** Entries, those that are ignored among them. */
const MAX_ENTRIES = 1000;
/** Judged answers in all its files together: as many as one file may have, and its measured ones. */
const MAX_ANSWERS = 150_000;
/** Most lists and objects in one JSON text of the file. */
const MAX_BRACKETS = 10_000;
const DIRECTION = /^directions\/[\w.-]{1,100}\.safetensors$/;
const ADAPTER = /^adapters\/\d{3}\/adapter_(config\.json|model\.safetensors)$/;
const ANSWERS = /^answers\/[\w.-]{1,100}\.jsonl$/;
const natural = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_FILES));
const Version = v.looseObject({ version: v.number() });
const Index = v.object({
  version: v.picklist([1, VERSION]),
  programVersion: v.string(),
  link: v.nullable(v.string()),
  use: v.pipe(v.array(natural), v.maxLength(MAX_FILES)),
  adapters: v.optional(v.pipe(v.array(AboutSchema), v.maxLength(MAX_FILES)), []),
  stage: v.optional(v.nullable(natural), null),
});

/** @throws DirectionFileError, and nothing else, whatever the bytes are. */
export function readBundle(bytes: Uint8Array, file: string): Bundle {
  const refuse = (code: 'too-large' | 'corrupt' | 'unsupported', reason: string): never => {
    throw new DirectionFileError(code, file, reason, 'Get the file again. Nothing was changed.');
  };
  if (bytes.byteLength > MAX_BUNDLE_BYTES) {
    refuse('too-large', `It has ${bytes.byteLength} bytes, more than ${MAX_BUNDLE_BYTES}.`);
  }
  const files = unpacked(bytes, refuse);
  const json =
    files.get(INDEX) ?? refuse('unsupported', `It isn't a session file: it has no ${INDEX}.`);
  const value = parsed(json) ?? refuse('corrupt', `Its ${INDEX} is not JSON.`);
  const version = v.safeParse(Version, value);
  if (version.success && ![1, VERSION].includes(version.output.version)) {
    refuse(
      'unsupported',
      version.output.version > VERSION
        ? `A newer Postern made this file (version ${version.output.version}; this one reads ${VERSION}).`
        : `It states version ${version.output.version}, which doesn't exist.`,
    );
  }
  const index = v.safeParse(Index, value, { abortEarly: true });
  if (!index.success) {
    return refuse(
      'corrupt',
      `Its ${INDEX} is damaged: ${describeIssue(index.issues[0]).slice(0, 160)}.`,
    );
  }
  const of = (path: RegExp) => [...files].filter(([name]) => path.test(name)).sort(byName);
  const directions = of(DIRECTION).map(([name, data]) => readDirectionSafetensors(data, name));
  const { link, use, stage } = index.output;
  return {
    link: link === null ? null : linkIn(link, refuse),
    directions,
    use: use.filter((place) => place < directions.length),
    answers: answersIn(of(ANSWERS), refuse),
    adapters: index.output.adapters.map((about, i) => adapterIn(files, i, about, refuse)),
    stage: stage !== null && stage < index.output.adapters.length ? stage : null,
  };
}

/** Stops at the file that makes them too many: each is small once packed, and all of them are kept. */
function answersIn(
  files: readonly (readonly [string, Uint8Array])[],
  refuse: Refuse,
): readonly JudgedAnswers[] {
  let rows = 0;
  return files.map(([name, data]) => {
    const answers = readJudgedAnswers(data, name);
    rows += answers.rows.length;
    if (rows > MAX_ANSWERS) refuse('too-large', `It has more than ${MAX_ANSWERS} judged answers.`);
    return answers;
  });
}

function adapterIn(
  files: ReadonlyMap<string, Uint8Array>,
  i: number,
  about: AdapterAbout,
  refuse: Refuse,
): BundledAdapter {
  const file = (name: 'config.json' | 'model.safetensors'): Uint8Array =>
    files.get(adapterPath(i, name)) ??
    refuse('corrupt', `${adapterPath(i, name)} is missing in it.`);
  const config = strFromU8(file('config.json'));
  if (hasMoreBrackets(config, MAX_BRACKETS)) {
    return refuse('corrupt', `${adapterPath(i, 'config.json')} has too many lists and objects.`);
  }
  const weights = file('model.safetensors').slice();
  try {
    parseAdapterConfig(config, adapterPath(i, 'config.json'));
    parseSafetensors(weights, adapterPath(i, 'model.safetensors'));
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return refuse('corrupt', error.message);
  }
  return { about, config, weights };
}

type Refuse = (code: 'too-large' | 'corrupt' | 'unsupported', reason: string) => never;

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : 1;

function unpacked(bytes: Uint8Array, refuse: Refuse): ReadonlyMap<string, Uint8Array> {
  const wanted = (name: string): boolean =>
    name === INDEX || [DIRECTION, ANSWERS, ADAPTER].some((path) => path.test(name));
  try {
    const files = unzipWithin(bytes, { entries: MAX_ENTRIES, bytes: MAX_UNPACKED_BYTES, wanted });
    if (files.size > MAX_FILES) refuse('too-large', `It has more than ${MAX_FILES} files.`);
    return files;
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    return refuse(error.code, error.message);
  }
}

function parsed(json: Uint8Array): unknown {
  try {
    const text = strFromU8(json);
    return hasMoreBrackets(text, MAX_BRACKETS) ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function linkIn(link: string, refuse: Refuse): LinkState | null {
  try {
    return readLink(link);
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    return refuse('corrupt', error.message);
  }
}
