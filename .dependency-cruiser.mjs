// The arrow of imports, on files as they resolve. `npm run imports` checks it, types included; src/README.md
// prints both tables, and test/unit/lint.test.ts holds the two together.

/** What a room may import besides itself. `workers/api` and `workers/files-api` are the contracts of the workers:
 * types only. */
export const MAY_IMPORT = {
  'src/core': [],
  'src/world': ['src/core'],
  'src/checkpoint': ['src/core'],
  'src/onnx': ['src/core', 'src/checkpoint'],
  'src/formats': ['src/core', 'src/checkpoint'],
  workers: ['src/core', 'src/checkpoint', 'src/onnx', 'src/formats'],
  'src/engine': [
    'src/core',
    'src/world',
    'src/checkpoint',
    'src/formats',
    'workers/api',
    'workers/files-api',
  ],
  'src/measure': [
    'src/core',
    'src/world',
    'src/checkpoint',
    'src/formats',
    'src/engine',
    'workers/api',
  ],
  'src/organism': [
    'src/core',
    'src/world',
    'src/checkpoint',
    'src/formats',
    'src/measure',
    'workers/api',
  ],
  'src/serve': ['workers/page-headers'],
  'src/lessons': ['src/core', 'src/world'],
  'src/ui': ['src/core'],
  'src/charts': ['src/core', 'src/ui'],
  'src/state': [
    'src/core',
    'src/world',
    'src/checkpoint',
    'src/formats',
    'src/engine',
    'src/measure',
    'src/organism',
    'src/lessons',
    'src/ui',
    'workers/api',
    'workers/files-api',
  ],
  'src/panels': [
    'src/core',
    'src/world',
    'src/checkpoint',
    'src/formats',
    'src/engine',
    'src/measure',
    'src/organism',
    'src/lessons',
    'src/ui',
    'src/charts',
    'src/state',
    'workers/api',
  ],
  'models/recipe': [
    'src/core',
    'src/world',
    'src/checkpoint',
    'src/onnx',
    'src/formats',
    'src/engine',
    'src/measure',
    'src/organism',
    'src/serve',
    'workers',
  ],
};

/** The folders of src/state, lowest first: each may import itself and those below it. */
export const STATE_STACK = [
  ['action', 'saved', 'file-reading'],
  ['task'],
  ['pair'],
  ['direction', 'browser'],
  ['answers', 'measure', 'train', 'models'],
  ['why'],
  ['panels'],
  ['begin-pair'],
  ['lessons'],
  ['page'],
];

const ROOMS = '^(src|workers|models/recipe|test)/';
const within = (place) => `^${place}([./]|$)`;
/** Libraries that only some rooms may name, with their types. */
const LIBRARIES = {
  onnxruntime: ['workers', 'models/recipe'],
  comlink: ['workers', 'src/engine'],
  svelte: ['src/ui', 'src/charts', 'src/state', 'src/panels', 'src/App', 'src/main'],
};

const rooms = Object.entries(MAY_IMPORT).map(([room, allowed]) => ({
  name: `${room} imports only what its row names`,
  severity: 'error',
  from: { path: within(room) },
  to: {
    path: ROOMS,
    pathNot: [
      within(room),
      ...allowed.map(within),
      // The two places of the page that say `new Worker`.
      ...(room === 'src/engine' ? ['^workers/(model|files)[.]worker'] : []),
    ],
  },
}));

const stack = STATE_STACK.flatMap((names, level) =>
  names.map((name) => {
    const below = STATE_STACK.slice(0, level).flat();
    return {
      name: `src/state/${name} imports only what is below it`,
      severity: 'error',
      from: { path: within(`src/state/${name}`) },
      to: {
        path: '^src/state/',
        pathNot: [name, ...below].map((other) => within(`src/state/${other}`)),
      },
    };
  }),
);

const libraries = Object.entries(LIBRARIES).map(([library, allowed]) => ({
  name: `${library} is for ${allowed.join(', ')}`,
  severity: 'error',
  from: { path: ROOMS, pathNot: ['^test/', ...allowed.map(within)] },
  to: { path: `node_modules/${library}[^/]*/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no cycle',
      severity: 'error',
      // A component that draws a tree contains itself, which is how Svelte writes recursion.
      from: { pathNot: '^src/ui/MarkdownInline[.]svelte$' },
      to: { circular: true },
    },
    {
      name: 'every import resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '[?](worker|raw|url)' },
    },
    {
      name: 'libraries are declared in package.json',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    ...rooms,
    ...stack,
    ...libraries,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '[.](svg|css|woff2|wasm)$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.svelte', '.svelte.ts', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'browser', 'types', 'default'],
    },
  },
};
