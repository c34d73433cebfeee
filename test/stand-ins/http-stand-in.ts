// What the stand-ins of engines share: a server on this computer that counts what is under way and can be killed.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StandIn {
  readonly url: string;
  readonly port: number;
  /** Authorization headers of all requests but a browser's preflights, in order. */
  readonly keys: readonly (string | undefined)[];
  /** Ends every connection at once, as a killed server does. */
  close(): Promise<void>;
}

export async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

export function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

/**
 * @param reply what throws is refused with 400
 * @param port to listen at again after it was closed; 0 lets the system choose
 */
export async function standIn(
  port: number,
  reply: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<StandIn> {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    // As vLLM and llama-server do by default.
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', '*');
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    keys.push(request.headers.authorization);
    reply(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else json(response, 400, { error: { code: 400, message: String(error) } });
    });
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const at = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${at}`,
    port: at,
    keys,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
