// The rule for the address of a server. It is written down with the results, so it holds no secret.

/** Hosts that a browser counts as this computer. */
export const LOCAL_HOST = /^(localhost|[\w-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Why a text is not the address of a server, for people; null: it is one.
 * @param page address of what asks; a browser lets a page that came over https ask only what does too
 */
export function serverAddressProblem(address: string, page?: string): string | null {
  const text = address.trim();
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    return 'Write the whole address of the server, such as http://localhost:8080.';
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return 'The server\'s address has a user, a password, or something after "?" or "#", and it is written down with the results. The key has a field of its own.';
  }
  if (page?.startsWith('https:') && url.protocol === 'http:' && !LOCAL_HOST.test(url.hostname)) {
    return `This page came over https, so the browser won't let it ask ${url.host} over http. Open Postern over http with "npm start", or give the server a certificate.`;
  }
  return null;
}

/** Origin and path without a slash at the end; '' for what is no address. Two with the same one are one server. */
export function serverPlace(address: string): string {
  const text = address.trim();
  if (!URL.canParse(text)) return '';
  const { origin, pathname } = new URL(text);
  return origin + pathname.replace(/\/+$/, '');
}
