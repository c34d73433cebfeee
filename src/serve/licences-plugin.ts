// Puts the licences into the built page, which people may copy and publish: Postern's, and those of all npm packages
// and fonts in it. The bundle says which packages these are, and the packages contain their licences.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin, Rolldown } from 'vite';

const NOTICES = 'THIRD-PARTY-NOTICES.txt';

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly licence: string;
  /** The licence text, and notices that it requires to include. */
  readonly texts: readonly string[];
}

/** Packages published without their licence text, and the files in `licences/` with it. */
const TEXTS_HERE: Readonly<Record<string, readonly string[]>> = {
  '@bufbuild/protobuf': ['protobuf-es.txt'],
  'onnxruntime-common': ['onnxruntime.txt'],
  // The second file lists the libraries in its WebAssembly, as of ONNX Runtime 1.30.0.
  'onnxruntime-web': ['onnxruntime.txt', 'onnxruntime-third-parties.txt'],
};
/** Packages bundled inside another package. */
const INSIDE: Readonly<Record<string, readonly string[]>> = {
  '@xenova/transformers': ['@huggingface/jinja', '@huggingface/tokenizers'],
  'onnxruntime-web': ['onnxruntime-common'],
};
/** File names of licences in packages. */
const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/** Where a licence file continues with licences of packages that are not in the page. */
const OF_OTHERS = /^# Licenses of bundled dependencies$.*/ms;

/** The npm package of a module or file, by its folder in `node_modules`, else null. */
export function packageOf(id: string): string | null {
  // Small modules that the bundler adds itself.
  const added = /^\0(vite|rolldown)\//.exec(id);
  if (added) return added[1]!;
  const path = id.replaceAll('\\', '/');
  return /.*\/?node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? null;
}

/** All notices as one text; packages with the same licence text share one entry. */
export function noticesText(packages: readonly BundledPackage[]): string {
  const byText = new Map<string, string[]>();
  for (const { name, version, licence, texts } of packages) {
    const text = texts.map((one) => one.trim()).join('\n\n_____\n\n');
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}, ${licence}`]);
  }
  const parts = [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}`);
  const line = '='.repeat(80);
  return `${['Postern holds these packages and fonts of others. Each is under its own licence.', ...parts].join(`\n\n${line}\n`)}\n`;
}

/** @throws Error where neither the package nor `licences/` has a licence text */
function readPackage(root: string, folder: string): BundledPackage {
  const path = join(root, 'node_modules', folder);
  const about = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const here = TEXTS_HERE[folder]?.map((name) => join(import.meta.dirname, 'licences', name));
  const inPackage = readdirSync(path).filter((name) => LICENCE_FILE.test(name));
  const files = here ?? inPackage.sort().map((name) => join(path, name));
  if (files.length === 0) {
    throw new Error(
      `${folder} comes without the text of its licence, which the page must carry. Put it into src/serve/licences/, and its name into src/serve/licences-plugin.ts.`,
    );
  }
  return {
    name: about.name,
    version: about.version,
    licence: about.license ?? 'see below',
    texts: files.map((file) => readFileSync(file, 'utf8').replace(OF_OTHERS, '')),
  };
}

/**
 * One plugin for the page, and one for its workers, which are bundled first.
 * @param root the folder of package.json, an absolute path
 */
export function licences(root: string): { readonly page: Plugin; readonly worker: () => Plugin } {
  const folders = new Set<string>();
  const gather = (bundle: Rolldown.OutputBundle): void => {
    for (const file of Object.values(bundle)) {
      const ids = file.type === 'chunk' ? file.moduleIds : file.originalFileNames;
      for (const id of ids) {
        const found = packageOf(id);
        if (found) for (const name of [found, ...(INSIDE[found] ?? [])]) folders.add(name);
      }
    }
  };
  return {
    worker: () => ({
      name: 'postern-licences-of-workers',
      apply: 'build',
      generateBundle: (_, bundle) => gather(bundle),
    }),
    page: {
      name: 'postern-licences',
      apply: 'build',
      generateBundle(_, bundle) {
        gather(bundle);
        const packages = [...folders].sort().map((folder) => readPackage(root, folder));
        const licence = readFileSync(join(root, 'LICENSE'));
        this.emitFile({ type: 'asset', fileName: 'LICENSE.txt', source: licence });
        this.emitFile({ type: 'asset', fileName: NOTICES, source: noticesText(packages) });
      },
    },
  };
}
