// How often a server is asked, for the buttons that ask it: no request goes out before a press of one that says so.

import type { ServedBy, ServerKind } from '../../workers/api';

/** Requests that find out what a server runs, at most, while none is lost. */
export const LOOK_UP_REQUESTS: Readonly<Record<ServerKind, number>> = { llama: 4, vllm: 5 };

const count = (n: number): string =>
  `${n.toLocaleString('en')} ${n === 1 ? 'request' : 'requests'}`;

/** For people: `3 requests to localhost:8080`. */
export const describeAsking = (n: number, host: string): string => `${count(n)} to ${host}`;

/**
 * Continues the label of a button that asks for answers; '' where this device writes them. At most: a model that has not
 * been asked yet is looked up first.
 * @param hosts that are asked
 * @param models that answer
 */
export function describeAnswering(
  server: ServedBy | undefined,
  hosts: string,
  answers: number,
  models: number,
): string {
  if (!server) return '';
  const most = answers + models * LOOK_UP_REQUESTS[server.kind];
  return `, up to ${describeAsking(most, hosts)}, ${server.slots} at once`;
}

/** Questions of a block that keep the slots of a server busy while the last answers of a block are awaited. */
export const servedBlock = ({ slots }: Pick<ServedBy, 'slots'>): number => Math.max(32, 8 * slots);
