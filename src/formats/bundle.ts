// A bundle: the data that does not fit into a link, in one zip of `postern.json` (version, the link, the
// directions in use), `directions/*.safetensors`, `answers/*.jsonl` and `adapters/*/` (PEFT adapters trained
// in the page), each readable by itself. Sizes are checked before anything is unpacked. Refuses newer
// versions, anything that is not a zip, and files too large. Version 1 had no adapters.

import { strFromU8, strToU8, zipSync, type Zippable } from 'fflate';
import * as v from 'valibot';
import { parseAdapterConfig } from '../checkpoint/adapter-config';
import { CheckpointError } from '../checkpoint/error';
import { parseSafetensors } from '../checkpoint/safetensors';
import { AboutSchema, type AdapterAbout } from './adapter-about';
import type { DirectionFile, DirectionRecord } from './direction/direction-file';
import { DirectionFileError } from './direction/error';
import { type JudgedAnswers, readJudgedAnswers } from './judged-answers';
import { LinkError, type LinkState, readLink } from './link';
import { hasMoreBrackets } from './python-json';
import {
  readDirectionSafetensors,
  writeDirectionSafetensors,
} from './direction/safetensors-direction';
import { unzipWithin, ZipError } from './zip';

const VERSION = 2;
export const MAX_BUNDLE_BYTES = 128 << 20;
const MAX_UNPACKED_BYTES = 256 << 20;
const MAX_FILES = 200;
/** Entries, those that are ignored among them. */
const MAX_ENTRIES = 1000;
/** Limit of lists and objects in one JSON text of the bundle. */
const MAX_BRACKETS = 10_000;
const INDEX = 'postern.json';
const DIRECTION = /^directions\/[\w.-]{1,100}\.safetensors$/;
const ADAPTER = /^adapters\/\d{3}\/adapter_(config\.json|model\.safetensors)$/;
const ANSWERS = /^answers\/[\w.-]{1,100}\.jsonl$/;
/** In every bundle, so that the same content gives the same bytes. */
const MTIME = '2000-01-01T00:00:00';

/** An adapter that was trained in the page. */
export interface BundledAdapter {
  readonly about: AdapterAbout;
  /** The files of PEFT. */
  readonly config: string;
  readonly weights: Uint8Array<ArrayBuffer>;
}

export interface BundleToWrite {
  /** The fragment that `writeLink` returns; null: no link. */
  readonly link: string | null;
  readonly directions: readonly DirectionRecord[];
  /** Indices of the directions in use. */
  readonly use: readonly number[];
  /** Measured answers as JSON lines, by name. */
  readonly answers: readonly { readonly name: string; readonly text: string }[];
  readonly adapters: readonly BundledAdapter[];
  /** Index of the selected adapter; null: none of them is selected. */
  readonly stage: number | null;
  readonly programVersion: string;
}

export interface Bundle {
  readonly link: LinkState | null;
  readonly directions: readonly DirectionFile[];
  readonly use: readonly number[];
  readonly answers: readonly JudgedAnswers[];
  /** Both files are well formed; whether they fit a model is still to be seen. */
  readonly adapters: readonly BundledAdapter[];
  readonly stage: number | null;
}

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

/** @throws DirectionFileError for a direction that cannot be written. */
export function writeBundle(bundle: BundleToWrite): Uint8Array<ArrayBuffer> {
  const { link, directions, use, answers, adapters, stage, programVersion } = bundle;
  const abouts = adapters.map(({ about }) => about);
  const index = { version: VERSION, programVersion, link, use, adapters: abouts, stage };
  const files: Zippable = { [INDEX]: strToU8(JSON.stringify(index, null, 2)) };
  directions.forEach((record, i) => {
    const path = `directions/${String(i).padStart(3, '0')}.safetensors`;
    files[path] = [writeDirectionSafetensors(record, path), { level: 1 }];
  });
  for (const { name, text } of answers) {
    files[`answers/${name.replace(/[^\w.-]+/g, '-').slice(0, 90)}.jsonl`] = strToU8(text);
  }
  adapters.forEach(({ config, weights }, i) => {
    files[adapterPath(i, 'config.json')] = strToU8(config);
    files[adapterPath(i, 'model.safetensors')] = [weights, { level: 1 }];
  });
  return zipSync(files, { mtime: MTIME });
}

const adapterPath = (i: number, file: 'config.json' | 'model.safetensors'): string =>
  `adapters/${String(i).padStart(3, '0')}/adapter_${file}`;

/** @throws DirectionFileError, and no other error, for any bytes. */
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
    return refuse('corrupt', `Its ${INDEX} is damaged: ${index.issues[0].message.slice(0, 160)}.`);
  }
  const of = (path: RegExp) => [...files].filter(([name]) => path.test(name)).sort(byName);
  const directions = of(DIRECTION).map(([name, data]) => readDirectionSafetensors(data, name));
  const { link, use, stage } = index.output;
  return {
    link: link === null ? null : linkIn(link, refuse),
    directions,
    use: use.filter((place) => place < directions.length),
    answers: of(ANSWERS).map(([name, data]) => readJudgedAnswers(data, name)),
    adapters: index.output.adapters.map((about, i) => adapterIn(files, i, about, refuse)),
    stage: stage !== null && stage < index.output.adapters.length ? stage : null,
  };
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
