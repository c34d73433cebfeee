// Text on its way to the browser, packed as the browser asks for (RFC 9110, 12.5.3). Weights and packed WebAssembly
// do not become smaller and go as they are.

import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export type Encoding = 'br' | 'gzip';

const TEXT = /^(text\/|image\/svg|application\/(json|manifest\+json)$)/;
/** Smaller ones fit into one packet as they are. */
const LEAST_BYTES = 1024;
const SETTINGS = {
  br: { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } },
  gzip: { level: 9 },
} as const;

/**
 * @param type content type of the file
 * @param accepted the request's Accept-Encoding
 * @returns null: as it is
 */
export function encodingFor(
  type: string,
  bytes: number,
  accepted: string | readonly string[] | undefined,
): Encoding | null {
  if (bytes < LEAST_BYTES || !TEXT.test(type)) return null;
  const wanted = new Map(
    String(accepted ?? '')
      .split(',')
      .map((entry) => {
        const [name = '', quality = ''] = entry.split(';');
        const weight = /q=([\d.]+)/.exec(quality)?.[1];
        return [name.trim().toLowerCase(), weight === undefined ? 1 : Number(weight)] as const;
      }),
  );
  const takes = (encoding: Encoding): boolean => (wanted.get(encoding) ?? wanted.get('*') ?? 0) > 0;
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : null;
}

/** The bytes packed. */
export function packed(bytes: Uint8Array, encoding: Encoding): Promise<Buffer> {
  return encoding === 'br'
    ? promisify(brotliCompress)(bytes, SETTINGS.br)
    : promisify(gzip)(bytes, SETTINGS.gzip);
}
