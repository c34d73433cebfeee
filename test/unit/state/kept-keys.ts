// Every key of the browser's storage under which the page keeps something, without its prefix.

const STUDIES = [
  'measure',
  'dose',
  'scale-dose',
  'amplify-dose',
  'transfer',
  'contrasts',
  'trained-topic',
  'layer-sweep',
];

export const KEPT_KEYS: readonly string[] = [
  ...[
    'stage',
    'desk',
    'second-edit',
    'directions',
    'prompting',
    'questions',
    'imported-answers',
    'room',
  ],
  ...STUDIES.flatMap((key) => [`${key}-plan`, `${key}-answers`]),
  ...['participant', 'lessons', 'training-choice', 'training-run', 'training-progress', 'trained'],
  ...['own', 'pairs', 'server', 'view', 'offline', 'attention', 'open-tools'],
];
