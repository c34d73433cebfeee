// The bundled models (`models/`, without the recipe that makes them): served in development, and copied into the
// built page, so that they have the page's base path.

import {
  cpSync,
  createReadStream,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { extname, join, normalize, resolve, sep } from 'node:path';
import type { Plugin } from 'vite';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

/** Digits of a rate or a cosine in the built page: more than any count of answers gives. */
const DIGITS = 7;

/**
 * Writes the reports beside the list of models without the blanks that make them readable, and without digits that
 * only rounding made: half of their bytes.
 */
function packReports(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => extname(file) === '.json')) {
    const file = join(folder, name);
    const report: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const round = (_: string, value: unknown): unknown =>
      typeof value === 'number' && !Number.isInteger(value)
        ? Number(value.toPrecision(DIGITS))
        : value;
    writeFileSync(file, JSON.stringify(report, round));
  }
}

/** @param models the folder, an absolute path */
export function bundledModels(models: string): Plugin {
  const recipe = join(models, 'recipe');
  let outDir = '';
  return {
    name: 'postern-bundled-models',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    configureServer(server) {
      server.middlewares.use('/models', (request, response, next) => {
        const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/');
        const file = normalize(join(models, path));
        const inside = file.startsWith(models + sep) && !file.startsWith(recipe);
        if (!inside || !existsSync(file) || !statSync(file).isFile()) return next();
        response.setHeader(
          'Content-Type',
          CONTENT_TYPES[extname(file)] ?? 'application/octet-stream',
        );
        response.setHeader('Content-Length', statSync(file).size);
        createReadStream(file).pipe(response);
      });
    },
    writeBundle() {
      if (this.meta.watchMode || !existsSync(models)) return;
      cpSync(models, join(outDir, 'models'), {
        recursive: true,
        // Links are replaced by their targets, because the server follows no link out of the built page.
        dereference: true,
        filter: (source) => source !== recipe && !source.startsWith(recipe + sep),
      });
      packReports(join(outDir, 'models'));
    },
  };
}
