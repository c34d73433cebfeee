// A worker whose work never comes to an end, as a file may make it. It holds a lock for as long as it lives.

self.addEventListener('message', () => {
  void navigator.locks.request('stuck', { mode: 'shared' }, () => {
    self.postMessage({ kind: 'stage', stage: 'reading' });
    for (;;);
  });
});
