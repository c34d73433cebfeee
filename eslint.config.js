import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

// The arrow of imports (src/README.md): each folder may import only what stands below it.
const FORBIDDEN = {
  'src/core': ['world', 'onnx', 'checkpoint', 'formats', 'engine', 'state', 'charts', 'panels', 'ui', 'workers'],
  'src/world': ['onnx', 'checkpoint', 'formats', 'engine', 'state', 'charts', 'panels', 'ui', 'workers'],
  'src/onnx': ['world', 'formats', 'engine', 'state', 'charts', 'panels', 'ui', 'workers'],
  'src/checkpoint': ['world', 'onnx', 'formats', 'engine', 'state', 'charts', 'panels', 'ui', 'workers'],
  'src/engine': ['state', 'charts', 'panels', 'ui', 'onnx'],
  'src/state': ['charts', 'panels', 'onnx'],
  'src/charts': ['world', 'onnx', 'checkpoint', 'engine', 'state', 'panels', 'workers'],
  'src/ui': ['world', 'onnx', 'checkpoint', 'engine', 'state', 'panels', 'workers'],
  'src/panels': ['onnx'],
  workers: ['engine', 'state', 'charts', 'panels', 'ui', 'world'],
};

const arrow = Object.entries(FORBIDDEN).map(([folder, names]) => ({
  files: [`${folder}/**/*.ts`, `${folder}/**/*.svelte`],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: names.map((name) => ({
          regex: `(^|/)${name}/(?!api$)`,
          message: `${folder} must not import ${name}: the arrow of imports points the other way (src/README.md).`,
        })),
      },
    ],
  },
}));

const pure = {
  files: ['src/core/**/*.ts', 'src/world/**/*.ts', 'src/onnx/**/*.ts'],
  rules: {
    'no-restricted-globals': ['error', 'window', 'document', 'navigator', 'fetch', 'performance', 'Date'],
    'no-restricted-properties': [
      'error',
      { object: 'Math', property: 'random', message: 'Seeds are arguments: use core/rng.' },
    ],
  },
};

export default ts.config(
  { ignores: ['dist', 'node_modules', 'test/output', '.cache'] },
  ...ts.configs.recommendedTypeChecked,
  ...svelte.configs.recommended,
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
  },
  { files: ['**/*.js'], ...ts.configs.disableTypeChecked },
  pure,
  ...arrow,
);
