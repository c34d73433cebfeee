// How often a server is asked, for the buttons that ask it: no request goes out before a press of one that says so.

import type { ServedBy, ServerKind } from '../../workers/api';

/** Requests that find out what a server runs, at most, while none is lost. */
export const LOOK_UP_REQUESTS: Readonly<Record<ServerKind, number>> = { llama: 4, vllm: 5 };

const count = (n: number): string =>
  `${n.toLocaleString('en')} ${n === 1 ? 'request' : 'requests'}`;

/** For people: `3 requests to localhost:8080`. */
export const describeAsking = (n: number, host: string): string => `${count(n)} to ${host}`;

/**
 * Continues the label of a button that has texts read for a direction; '' where no server reads. A text of a large model
 * takes more than one request, as its layers come in several answers.
 * @param readings texts that are read
 * @param models that are looked up first, as no question was asked of them
 */
export function describeReading(
  server: ServedBy | undefined,
  readings: number,
  models = 0,
): string {
  if (!server || server.cannot.capture !== undefined) return '';
  return `: ${describeAsking(readings + models * LOOK_UP_REQUESTS[server.kind], server.host)} or more`;
}

/**
 * Continues the label of a button that asks for answers; '' where this device writes them. At most: a model that has not
 * been asked yet is looked up first.
 * @param hosts that are asked
 * @param models that answer
 * @param readings texts that are read first, for directions that are not extracted yet
 */
export function describeAnswering(
  server: ServedBy | undefined,
  hosts: string,
  answers: number,
  models: number,
  readings = 0,
): string {
  if (!server) return '';
  const most = answers + models * LOOK_UP_REQUESTS[server.kind];
  const asks = `, up to ${describeAsking(most, hosts)}, ${server.slots} at once`;
  if (readings === 0 || server.cannot.capture !== undefined) return asks;
  return `${asks}, after ${count(readings)} or more that read texts for the directions`;
}

/** Questions of a block that keep the slots of a server busy while the last answers of a block are awaited. */
export const servedBlock = ({ slots }: Pick<ServedBy, 'slots'>): number => Math.max(32, 8 * slots);
