// Who answers at the address that a service worker keeps. On this very computer one program after another
// is served at the same port, so a page that stays kept there would hide the next one: before the kept
// page is shown, the service worker asks for its own script, which no other program has.

/**
 * Stands in every version of the service worker's script, because this constant is bundled into it.
 * It must never change: a version with another one would look like another program to those before.
 */
export const SERVICE_MARK = 'Postern keeps this page for offline use';

export type Answering = 'postern' | 'another' | 'nobody';

/** A gateway that stands before a server which is gone. */
const GONE: readonly number[] = [502, 503, 504];

/** Whether a host name is that of this very computer, as browsers write it in an address. */
export const isThisComputer = (hostname: string): boolean =>
  /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);

/**
 * Asks the server for the service worker's own script.
 * @param script its address
 * @returns `nobody` where no server can be reached
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

/** What a promise gives, or `otherwise` where it takes longer than this. */
export function within<T>(ms: number, asked: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(otherwise), ms);
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
