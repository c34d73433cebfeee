// Builds the page. The bundled models are served beside the page in development and copied into
// `dist/models` at build. The built page also has its content security policy, its service worker, and
// the licences of all that is in it.

import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin, Rolldown } from 'vite';
import { defineConfig } from 'vite';
import { plainAttention } from './src/serve/attention-plugin.ts';
import { licences } from './src/serve/licences-plugin.ts';
import { bundledModels } from './src/serve/models-plugin.ts';
import { offline } from './src/serve/offline-plugin.ts';
import { packedWasm } from './src/serve/packed-wasm-plugin.ts';
import { CONTENT_POLICY, ISOLATION, POLICY_HEADERS } from './workers/page-headers.ts';

const ROOT = import.meta.dirname;
/** Another folder of checkpoints may be named, for trying one that is not shipped. */
const MODELS = resolve(ROOT, process.env['POSTERN_MODELS'] ?? 'models');

/** Only of the built page: the development server puts scripts and styles of its own into it. */
function contentPolicy(): Plugin {
  return {
    name: 'postern-content-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** ONNX Runtime asks for two modules of Node where it runs in Node, which a page never does. */
const NODE_PART = /^Module "(module|worker_threads)" has been externalized.*\/onnxruntime-web\//s;

const QUIET: Rolldown.RolldownOptions = {
  // How long plugins take is of interest to who writes them, and no fault.
  checks: { pluginTimings: false },
  onLog(level, log, say) {
    if (!NODE_PART.test(log.message)) say(level, log);
  },
};

const { page, worker } = licences(ROOT);
const wasm = packedWasm();

export default defineConfig({
  base: './',
  publicDir: 'static',
  plugins: [
    svelte(),
    plainAttention(),
    bundledModels(MODELS),
    contentPolicy(),
    page,
    wasm.page,
    offline(resolve(ROOT, 'workers/service.worker.ts')),
  ],
  worker: {
    format: 'es',
    plugins: () => [plainAttention(), wasm.worker(), worker()],
    rolldownOptions: QUIET,
  },
  optimizeDeps: {
    exclude: ['onnxruntime-web'],
    // Named, so that a dependency met late does not reload the page; axe-core is for the tests.
    include: [
      '@xenova/transformers',
      'axe-core',
      'comlink',
      'd3',
      'idb-keyval',
      'jsqr',
      'uqr',
      'valibot',
      'yaml',
    ],
  },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: QUIET,
  },
  server: { headers: ISOLATION },
  preview: { headers: { ...ISOLATION, ...POLICY_HEADERS } },
});
