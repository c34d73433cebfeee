import { defineConfig } from 'eslint/config';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

// The arrow of imports (src/README.md): a folder may import itself and the folders named here.
const MAY_IMPORT = {
  'src/core': [],
  'src/world': ['core'],
  'src/checkpoint': ['core'],
  'src/onnx': ['core', 'checkpoint'],
  'src/formats': ['core', 'checkpoint'],
  workers: ['core', 'onnx', 'checkpoint', 'formats'],
  'src/engine': ['core', 'world', 'checkpoint', 'formats', 'workers'],
  'src/state': ['core', 'world', 'checkpoint', 'formats', 'engine', 'workers', 'lessons', 'ui'],
  'src/charts': ['core', 'ui'],
  'src/ui': ['core'],
  'src/lessons': ['core', 'world'],
  'src/panels': [
    'core',
    'world',
    'checkpoint',
    'formats',
    'engine',
    'state',
    'charts',
    'ui',
    'lessons',
    'workers',
  ],
};
const FOLDERS = Object.keys(MAY_IMPORT).map((folder) => folder.replace('src/', ''));

/** An error for every kind of import whose path matches; esquery's patterns cannot hold a slash. */
const forbid = (pattern, message) => {
  const regex = `/${pattern.replaceAll('/', '\\x2F')}/`;
  return [
    `:matches(ImportDeclaration, ImportExpression, ExportAllDeclaration, ExportNamedDeclaration)[source.value=${regex}]`,
    `TSImportType[argument.literal.value=${regex}]`,
  ].map((selector) => ({ selector, message }));
};

const arrow = Object.entries(MAY_IMPORT).map(([folder, allowed]) => {
  const own = folder.replace('src/', '');
  const barred = FOLDERS.filter((name) => name !== own && !allowed.includes(name));
  const onlyTypes = allowed.includes('workers');
  const runtime = { workers: [], 'src/engine': ['onnxruntime'] }[folder] ?? [
    'onnxruntime',
    'comlink',
  ];
  return {
    files: [`${folder}/**/*.ts`, `${folder}/**/*.svelte`],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...forbid(
          `^[.]{1,2}/(.*/)?(${[...barred, 'test', 'recipe'].join('|')})/`,
          `${folder} may not import this: the arrow of imports points the other way (src/README.md).`,
        ),
        ...(onlyTypes
          ? forbid(
              '/workers/(?!api$|model[.]worker[?])',
              'Of workers/ only the contract api.ts may be imported.',
            )
          : []),
        ...runtime.flatMap((name) =>
          forbid(`^${name}`, `${folder} may not import ${name} (src/README.md).`),
        ),
      ],
    },
  };
});

const pure = {
  files: ['src/core/**/*.ts', 'src/world/**/*.ts', 'src/onnx/**/*.ts'],
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
        message: 'core, world and onnx are pure: clocks and seeds are arguments.',
      })),
    ],
    'no-restricted-properties': [
      'error',
      { object: 'Math', property: 'random', message: 'Seeds are arguments: use core/rng.' },
    ],
  },
};

export default defineConfig(
  { ignores: ['dist', 'node_modules', 'test/output', '.cache'] },
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
  { files: ['**/*.js'], extends: [ts.configs.disableTypeChecked] },
  pure,
  ...arrow,
);
