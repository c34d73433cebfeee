// Identifies the server at the address whose page the service worker keeps. On localhost different programs
// use the same port over time, so a kept page would hide the next program. Before it shows the kept page, the
// service worker requests its own script, which no other program has.

/**
 * Part of every version of the service worker's script, because this constant is bundled into it. It must
 * never change: earlier versions would take a script with another mark for another program.
 */
export const SERVICE_MARK = 'Postern keeps this page for offline use';

export type Answering = 'postern' | 'another' | 'nobody';

/** Status codes of a gateway whose server is gone. */
const GONE: readonly number[] = [502, 503, 504];

/** Whether a host name is localhost, in the forms that browsers use in an address. */
export const isThisComputer = (hostname: string): boolean =>
  /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);

/**
 * Requests the service worker's own script from the server.
 * @param script its address
 * @returns `nobody` if no server can be reached
 */
export async function identifyServer(
  script: string,
  ask: (url: string, init: RequestInit) => Promise<Response> = (url, init) => fetch(url, init),
): Promise<Answering> {
  try {
    const response = await ask(script, { cache: 'no-store' });
    if (GONE.includes(response.status)) return 'nobody';
    return response.ok && (await response.text()).includes(SERVICE_MARK) ? 'postern' : 'another';
  } catch {
    return 'nobody';
  }
}

/** The value of a promise, or `otherwise` if it takes longer than `ms`. */
export function within<T>(ms: number, asked: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(otherwise), ms);
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
