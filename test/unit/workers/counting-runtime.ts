// A runtime that counts the sessions that were made, and those of them that are not released.

import type { Runtime } from '../../../workers/runtime';

export function countingRuntime(runtime: Runtime): {
  readonly runtime: Runtime;
  readonly made: () => number;
  readonly open: () => number;
} {
  let made = 0;
  let open = 0;
  const create: Runtime['ort']['InferenceSession']['create'] = async (model, options) => {
    const session = await runtime.ort.InferenceSession.create(model, options);
    made += 1;
    open += 1;
    const release = session.release.bind(session);
    session.release = () => {
      open -= 1;
      return release();
    };
    return session;
  };
  const { Tensor } = runtime.ort;
  const counting = { ...runtime, ort: { Tensor, InferenceSession: { create } } };
  return { runtime: counting, made: () => made, open: () => open };
}
