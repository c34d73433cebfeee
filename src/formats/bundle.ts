// What a link cannot carry, in one file: a zip of `postern.json` (version, the link, which directions are in
// use), `directions/*.safetensors`, `answers/*.jsonl` and `adapters/*/`, PEFT adapters that were trained in the
// page, each readable by itself.

import { strToU8, zipSync, type Zippable } from 'fflate';
import type { AdapterAbout } from './adapter-about';
import type { DirectionFile, DirectionRecord } from './direction/direction-file';
import { writeDirectionSafetensors } from './direction/write-safetensors-direction';
import type { JudgedAnswers } from './judged-answers';
import type { LinkState } from './link';

export const VERSION = 2;
export const INDEX = 'postern.json';
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

export const adapterPath = (i: number, file: 'config.json' | 'model.safetensors'): string =>
  `adapters/${String(i).padStart(3, '0')}/adapter_${file}`;
