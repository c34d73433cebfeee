// An HTTP server over files in memory, for code that fetches.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Files } from './tiny-organism';

export interface FileServer {
  /** Ends in '/'. */
  readonly url: string;
  /** Requests so far, by path. */
  readonly requests: readonly string[];
  /** While true, bodies stop in the middle. */
  stall: boolean;
  close(): void;
}

export async function serveFiles(files: Files): Promise<FileServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1);
    requests.push(path);
    // As servers of weights do, so that a page of another origin may read them.
    response.setHeader('Access-Control-Allow-Origin', '*');
    const bytes = files.get(path);
    if (!bytes) {
      response.writeHead(404).end();
      return;
    }
    // A kept connection that the server ends just as a busy machine uses it again is a failure of no interest.
    response.writeHead(200, { 'Content-Length': bytes.byteLength, Connection: 'close' });
    if (served.stall) response.write(bytes.slice(0, bytes.byteLength / 2));
    else response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const served: FileServer = {
    url: `http://127.0.0.1:${port}/`,
    requests,
    stall: false,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return served;
}
