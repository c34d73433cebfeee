// The address of a server, and what a browser's silence about it means: a page is never told why a request failed, so
// each cause that the address and the page allow is named.

import { LOCAL_HOST, serverAddressProblem, serverPlace } from '../../src/formats/server-address';
import { ModelError } from '../runtime';

/** Addresses that no packet reaches from outside: browsers ask before a public page may read from them. */
const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|\[f[cd])|\.local$/i;

/**
 * The address of a server without a slash at its end.
 * @param page address of what asks; a browser lets a page that came over https ask only what does too
 * @throws ModelError `bad-input`
 */
export function serverUrl(address: string, page?: string): string {
  const problem = serverAddressProblem(address, page);
  if (problem !== null) throw new ModelError('bad-input', problem);
  return serverPlace(address);
}

/**
 * What is said when a request got no reply.
 * @param url as `serverUrl` gives it
 * @param page left out: Node asked, and no browser stands between
 */
export function whyNoAnswer(url: string, program: string, page?: string): string {
  const { host, hostname } = new URL(url);
  const first = `${host} did not answer. Check that ${program} runs there and that the address is right.`;
  if (page === undefined) return first;
  const { origin, hostname: pageHost } = new URL(page);
  const cors = ` The server must allow pages of ${origin} to read from it (CORS); llama-server and vLLM do unless they were told otherwise, a proxy before them may not.`;
  const near = LOCAL_HOST.test(hostname) || PRIVATE.test(hostname);
  const far = !LOCAL_HOST.test(pageHost) && !PRIVATE.test(pageHost);
  const network =
    near && far
      ? ` ${hostname} is on a private network and this page is not, so the browser asks for permission first: allow it, or open Postern on this computer with "npm start".`
      : '';
  return first + cors + network;
}
