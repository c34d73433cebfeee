import { defineConfig } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import { MAY_IMPORT } from './.dependency-cruiser.mjs';
import svelteConfig from './svelte.config.js';

const pure = {
  files: ['core', 'world', 'onnx', 'measure'].map((room) => `src/${room}/**/*.ts`),
  rules: {
    'no-restricted-globals': [
      'error',
      ...[
        'window',
        'document',
        'navigator',
        'fetch',
        'performance',
        'Date',
        'process',
        'setTimeout',
        'self',
      ].map((name) => ({
        name,
        message: 'these rooms are pure: clocks and seeds are arguments.',
      })),
    ],
    'no-restricted-properties': [
      'error',
      { object: 'Math', property: 'random', message: 'Seeds are arguments: use core/rng.' },
    ],
  },
};

/** What a browser may put to the person before it answers: no job waits for that. */
const asksThePerson = {
  files: ['src/**/*.ts', 'src/**/*.svelte', 'workers/**/*.ts'],
  ignores: ['src/state/browser/keep-storage.ts'],
  rules: {
    'no-restricted-properties': [
      'error',
      {
        property: 'persist',
        message: 'Firefox asks the person, and a job must not wait: use askToKeepStorage.',
      },
    ],
  },
};

/** Components may import types too, which dependency-cruiser does not see in them: the same table again. */
const components = {
  files: ['src/**/*.svelte'],
  plugins: { 'import-x': importX },
  settings: {
    'import-x/resolver-next': [
      createNodeResolver({ extensions: ['.ts', '.svelte.ts', '.svelte'] }),
    ],
  },
  rules: {
    'import-x/no-restricted-paths': [
      'error',
      {
        basePath: import.meta.dirname,
        zones: ['src/ui', 'src/charts', 'src/panels'].flatMap((room) =>
          [...Object.keys(MAY_IMPORT), 'test']
            .filter((other) => other !== room && !MAY_IMPORT[room].includes(other))
            .map((from) => ({
              target: `./${room}`,
              from: `./${from}`,
              except:
                from === 'workers' && MAY_IMPORT[room].includes('workers/api') ? ['./api.ts'] : [],
              message: 'The arrow of imports points the other way (src/README.md).',
            })),
        ),
      },
    ],
  },
};

export default defineConfig(
  { ignores: ['**/*.mjs', 'dist', 'node_modules', 'test/output', '.cache'] },
  ts.configs.recommendedTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.node },
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'svelte/no-at-html-tags': 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      // State holds immutable values in `$state.raw`; a Map that is replaced needs no reactive twin.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    // To typescript-eslint every imported component is `any`; svelte-check knows their types and checks them.
    files: ['**/*.svelte'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  { files: ['**/*.js', '**/*.cjs'], extends: [ts.configs.disableTypeChecked] },
  asksThePerson,
  pure,
  components,
);
