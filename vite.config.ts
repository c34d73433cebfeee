// Builds the page. The bundled organism (`models/`, without its recipe) is served beside the page in
// development and copied into `dist/models` at build, so that the result runs under any base path.

import { createReadStream, cpSync, existsSync, statSync } from 'node:fs';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vite';

/** Another folder of checkpoints may be named, for trying one that is not shipped. */
const MODELS = resolve(import.meta.dirname, process.env['POSTERN_MODELS'] ?? 'models');
const RECIPE = join(MODELS, 'recipe');

/** Cross-origin isolation: gives the wasm fallback its threads. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

function bundledModels(): Plugin {
  let outDir = '';
  return {
    name: 'postern-bundled-models',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    configureServer(server) {
      server.middlewares.use('/models', (request, response, next) => {
        const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/');
        const file = normalize(join(MODELS, path));
        const inside = file.startsWith(MODELS + sep) && !file.startsWith(RECIPE);
        if (!inside || !existsSync(file) || !statSync(file).isFile()) return next();
        response.setHeader(
          'Content-Type',
          CONTENT_TYPES[extname(file)] ?? 'application/octet-stream',
        );
        response.setHeader('Content-Length', statSync(file).size);
        createReadStream(file).pipe(response);
      });
    },
    closeBundle() {
      if (this.meta.watchMode || !existsSync(MODELS)) return;
      cpSync(MODELS, join(outDir, 'models'), {
        recursive: true,
        filter: (source) => source !== RECIPE && !source.startsWith(RECIPE + sep),
      });
    },
  };
}

export default defineConfig({
  base: './',
  publicDir: 'static',
  plugins: [svelte(), bundledModels()],
  worker: { format: 'es' },
  optimizeDeps: {
    exclude: ['onnxruntime-web'],
    // Named, so that a dependency met late does not reload the page; axe-core is for the tests.
    include: ['@xenova/transformers', 'axe-core', 'comlink', 'd3', 'idb-keyval', 'valibot'],
  },
  build: { target: 'es2023', assetsInlineLimit: 0, chunkSizeWarningLimit: 2000 },
  server: { headers: isolation },
  preview: { headers: isolation },
});
