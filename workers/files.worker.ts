// The entry point of the worker that reads one file.

import type { FileReport, FileRequest } from './files-api';
import { readFile } from './files/read-file';

const report = (message: FileReport, transfer: readonly ArrayBuffer[] = []): void =>
  self.postMessage(message, { transfer: [...transfer] });

self.addEventListener('message', ({ data }: MessageEvent<FileRequest>) => {
  void readFile(data, (stage) => report({ kind: 'stage', stage })).then(({ result, transfer }) =>
    report({ kind: 'result', result }, transfer),
  );
});
