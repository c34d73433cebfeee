// Builds the page. The bundled organism (`models/`, without its recipe) is served beside the page in
// development and copied into `dist/models` at build, so that the result runs under any base path. The
// built page also has its content security policy, its service worker and what makes it installable.

import { createHash } from 'node:crypto';
import { createReadStream, cpSync, existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { CONTENT_POLICY, ISOLATION } from './workers/page-headers';

/** Another folder of checkpoints may be named, for trying one that is not shipped. */
const MODELS = resolve(import.meta.dirname, process.env['POSTERN_MODELS'] ?? 'models');
const RECIPE = join(MODELS, 'recipe');

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

/** The service worker with the list of all files, and the web manifest; only of the built page. */
function offline(): Plugin[] {
  let built = '';
  const sha256 = (url: string): string =>
    createHash('sha256')
      .update(readFileSync(join(built, url)))
      .digest('hex');
  const plugins = VitePWA({
    strategies: 'injectManifest',
    srcDir: 'workers',
    filename: 'service.worker.ts',
    injectRegister: false,
    includeManifestIcons: false,
    integration: {
      beforeBuildServiceWorker({ injectManifest }) {
        built = injectManifest.globDirectory ?? '';
        // The web manifest is found among the files; listed here, it would come with another hash.
        injectManifest.additionalManifestEntries = [];
      },
    },
    injectManifest: {
      rollupFormat: 'iife',
      globPatterns: ['**/*'],
      globIgnores: ['service.worker.js', 'screenshot.png'],
      maximumFileSizeToCacheInBytes: 64e6,
      manifestTransforms: [
        (entries) => ({
          // `size` is taken out of what is written.
          manifest: entries.map(({ url, size }) => ({
            url,
            revision: sha256(url),
            size,
            bytes: size,
          })),
        }),
      ],
    },
    manifest: {
      name: 'Postern',
      short_name: 'Postern',
      description: 'A playground for emergent misalignment that runs in the browser.',
      id: './',
      start_url: './',
      scope: './',
      display: 'standalone',
      lang: 'en',
      theme_color: '#1c1b19',
      background_color: '#faf8f4',
      icons: [
        { src: 'icon.svg', sizes: 'any', type: 'image/svg+xml' },
        { src: 'icon-192.png', sizes: '192x192', type: 'image/png' },
        { src: 'icon-512.png', sizes: '512x512', type: 'image/png' },
        { src: 'icon-maskable.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
      ],
    },
  });
  return plugins.map((plugin) => ({ ...plugin, apply: 'build' }));
}

export default defineConfig({
  base: './',
  publicDir: 'static',
  plugins: [svelte(), bundledModels(), contentPolicy(), offline()],
  worker: { format: 'es' },
  optimizeDeps: {
    exclude: ['onnxruntime-web'],
    // Named, so that a dependency met late does not reload the page; axe-core is for the tests.
    include: ['@xenova/transformers', 'axe-core', 'comlink', 'd3', 'idb-keyval', 'valibot'],
  },
  build: { target: 'es2023', assetsInlineLimit: 0, chunkSizeWarningLimit: 2000 },
  server: { headers: ISOLATION },
  preview: { headers: ISOLATION },
});
