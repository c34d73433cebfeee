// How the page notices that a worker is gone. A browser reports an uncaught error, but not a worker that was ended for
// lack of memory or closed itself. A lock does: the browser frees it when its holder is gone, and at no other time,
// however long the worker is busy (https://w3c.github.io/web-locks/).

import type { WorkerLife } from './api';

export const LIFE: WorkerLife = {
  holdLock: (name) =>
    new Promise((resolve) => {
      // Browsers offer locks on https and localhost only, whatever the types say.
      const locks = navigator.locks as LockManager | undefined;
      if (!locks) {
        resolve(false);
        return;
      }
      locks
        .request(name, () => {
          resolve(true);
          // Held for as long as this worker lives.
          return new Promise<never>(() => {});
        })
        .catch(() => resolve(false));
    }),
  ping: () => Promise.resolve(),
};
