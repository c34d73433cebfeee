// What a server can't do, for people: tasks that have the same reason stand together.

import type { EngineLimits, EngineTask } from '../../../../workers/api';

const NAMES: Readonly<Record<EngineTask, string>> = {
  steer: 'steering',
  'steer-answer': 'steering the answer alone',
  'steer-header': 'steering the last prompt token alone',
  cut: 'removing a direction or capping it',
  'change-edit': 'changing the edit while an answer is written',
  amplify: 'amplifying the difference of two models',
  projections: 'shading tokens',
  continue: 'going on with a stopped answer',
  capture: 'extracting a direction',
  score: 'scoring a given answer',
  lens: 'the logit lens',
  patch: 'patching and who writes it',
  train: 'training',
  export: 'saving the model as files',
};

interface GroupedLimit {
  readonly tasks: readonly string[];
  readonly reason: string;
}

/** Tasks in the order of the list above, the edits first. */
export function groupedLimits(cannot: EngineLimits): readonly GroupedLimit[] {
  const groups = new Map<string, string[]>();
  for (const task of Object.keys(NAMES) as EngineTask[]) {
    const reason = cannot[task];
    if (reason === undefined) continue;
    const tasks = groups.get(reason) ?? [];
    tasks.push(NAMES[task]);
    groups.set(reason, tasks);
  }
  return [...groups].map(([reason, tasks]) => ({ tasks, reason }));
}
