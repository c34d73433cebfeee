// ONNX Runtime's WebAssembly in the built page: packed with gzip, which makes a quarter of it, and unpacked by the
// page (workers/runtime/ort-module.ts), so that it is small on the way from every static host and in the folder.
// index.html begins to fetch it before the page's own scripts are read (static/early.js). The ending is no known
// one on purpose: some hosts send `.gz` so that the browser unpacks it, and then its hash is not the listed one.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';

const WASM = /\/(ort-wasm-simd-threaded\.(?:jspi|asyncify))\.wasm\?url$/;
const UNPACKED = /\bort-wasm-[^/]*\.wasm$/;
const PACKED = '.packed';
const BUILDS = ['jspi', 'asyncify'] as const;

/** The page's files of the two builds, as far as they are among these names. */
function packedFiles(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    BUILDS.flatMap((build) => {
      const name = names.find((one) => one.endsWith(PACKED) && one.includes(`.${build}-`));
      return name === undefined ? [] : [[build, name]];
    }),
  );
}

/** One plugin for the page, and one for its workers, which are bundled first. */
export function packedWasm(): { readonly page: Plugin; readonly worker: () => Plugin } {
  const done = new Map<string, Uint8Array>();
  let names: readonly string[] = [];
  const packed = (file: string): Uint8Array => {
    const known = done.get(file);
    if (known) return known;
    const bytes = gzipSync(readFileSync(file), { level: constants.Z_BEST_COMPRESSION });
    done.set(file, bytes);
    return bytes;
  };
  return {
    worker: () => ({
      name: 'postern-packed-wasm',
      apply: 'build',
      enforce: 'pre',
      load(id) {
        if (!WASM.test(id)) return null;
        const [file = id] = id.split('?');
        const reference = this.emitFile({
          type: 'asset',
          name: `${basename(file, '.wasm')}${PACKED}`,
          originalFileName: file,
          source: packed(file),
        });
        return `export default import.meta.ROLLUP_FILE_URL_${reference}`;
      },
      generateBundle(_, bundle: Rolldown.OutputBundle) {
        names = [...names, ...Object.keys(bundle)];
      },
    }),
    page: {
      name: 'postern-early-wasm',
      apply: 'build',
      generateBundle: {
        order: 'post',
        handler(_, bundle) {
          // ONNX Runtime's own scripts name the unpacked file as well, for a way to it that the page does not take.
          for (const name of Object.keys(bundle)) {
            if (UNPACKED.test(name)) delete bundle[name];
          }
        },
      },
      transformIndexHtml: {
        order: 'post',
        handler: (html, { bundle }) => {
          const files = packedFiles([...names, ...Object.keys(bundle ?? {})]);
          const attrs = Object.entries(files).map(([build, name]) => [
            `data-${build}`,
            `./${name}`,
          ]);
          if (attrs.length !== BUILDS.length) {
            throw new Error('The page does not know both builds of ONNX Runtime by name.');
          }
          const script = {
            tag: 'script',
            // Not async: then it runs before the page's modules, whichever comes first.
            attrs: { src: './early.js', ...(Object.fromEntries(attrs) as object) },
            injectTo: 'head' as const,
          };
          return { html, tags: [script] };
        },
      },
    },
  };
}
