// The certificate of `npm start -- --https`: made on this machine, only for its names and addresses, and stored,
// so that each browser asks once. It signs only itself: trusting it means trusting this one server, because no
// key here can certify another site.

import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** SHA-256 of the certificate as browsers show it. */
  readonly fingerprint: string;
  /** Made by this call, because the stored one was missing, expired or for other addresses. */
  readonly fresh: boolean;
  /** The file to import in a browser that should trust it. */
  readonly file: string;
}

const DAY_MS = 86_400_000;
/** Browsers refuse certificates that are valid much longer than a year. */
const VALID_DAYS = 390;

/**
 * The stored certificate if it is still valid for these names, else a new one.
 * @param names host names and IP addresses of the page
 * @param folder where it is stored
 * @param now Unix time, ms
 */
export async function certificateFor(
  names: readonly string[],
  folder: string,
  now: number,
): Promise<Certificate> {
  const file = join(folder, 'postern.crt');
  const keyFile = join(folder, 'postern.key');
  if (existsSync(file) && existsSync(keyFile)) {
    const cert = readFileSync(file, 'utf8');
    if (holds(cert, names, now)) {
      return { key: readFileSync(keyFile, 'utf8'), cert, ...about(cert), fresh: false, file };
    }
  }
  const { generate } = await import('selfsigned');
  const generated = await generate([{ name: 'commonName', value: 'Postern on this network' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          isIP(name) ? { type: 7, ip: name } : { type: 2, value: name },
        ),
      },
    ],
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(keyFile, generated.private, { mode: 0o600 });
  writeFileSync(file, generated.cert);
  return {
    key: generated.private,
    cert: generated.cert,
    ...about(generated.cert),
    fresh: true,
    file,
  };
}

const about = (cert: string) => ({ fingerprint: new X509Certificate(cert).fingerprint256 });

function holds(cert: string, names: readonly string[], now: number): boolean {
  const parsed = new X509Certificate(cert);
  if (Date.parse(parsed.validFrom) > now || Date.parse(parsed.validTo) < now + DAY_MS) return false;
  return names.every((name) =>
    isIP(name) ? parsed.checkIP(name) !== undefined : parsed.checkHost(name) !== undefined,
  );
}
