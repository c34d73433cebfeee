// The certificate of `npm start -- --https`: made on this machine, for its own names and addresses alone, and
// kept, so that a browser has to be told once to accept it. It signs nothing but itself: whoever trusts
// it trusts this one server, and no key here could speak for another site.

import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** SHA-256 of the certificate as browsers show it. */
  readonly fingerprint: string;
  /** Made now, because there was none, it ran out, or this machine has other addresses. */
  readonly fresh: boolean;
  /** The file to import where a browser is to trust it. */
  readonly file: string;
}

const DAY_MS = 86_400_000;
/** Browsers refuse those that hold much longer than a year. */
const VALID_DAYS = 390;

/**
 * The kept certificate if it still holds for these names, else a new one.
 * @param names host names and IP addresses by which the page is reached
 * @param folder where it is kept
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
  const made = await generate([{ name: 'commonName', value: 'Postern on this network' }], {
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
  writeFileSync(keyFile, made.private, { mode: 0o600 });
  writeFileSync(file, made.cert);
  return { key: made.private, cert: made.cert, ...about(made.cert), fresh: true, file };
}

const about = (cert: string) => ({ fingerprint: new X509Certificate(cert).fingerprint256 });

function holds(cert: string, names: readonly string[], now: number): boolean {
  const parsed = new X509Certificate(cert);
  if (Date.parse(parsed.validFrom) > now || Date.parse(parsed.validTo) < now + DAY_MS) return false;
  return names.every((name) =>
    isIP(name) ? parsed.checkIP(name) !== undefined : parsed.checkHost(name) !== undefined,
  );
}
