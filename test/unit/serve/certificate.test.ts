import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { type NetworkInterfaceInfo, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificateFor } from '../../../src/serve/certificate';
import {
  networkAddresses,
  describePlainHttp,
  describeHttps,
} from '../../../src/serve/describe-server';
import { serve } from '../../../src/serve/server';

const NAMES = ['localhost', '127.0.0.1', 'teacher-laptop', '192.168.1.7'];
const NOW = Date.now();
const DAY_MS = 86_400_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-certificate-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the certificate of a room', () => {
  test('names every address, serves only, and can vouch for no other site', async () => {
    const { cert, file } = await certificateFor(NAMES, folder, NOW);
    const parsed = new X509Certificate(cert);
    expect(parsed.ca).toBe(false);
    expect(parsed.checkHost('teacher-laptop')).toBe('teacher-laptop');
    expect(parsed.checkIP('192.168.1.7')).toBe('192.168.1.7');
    expect(parsed.checkIP('192.168.1.8')).toBeUndefined();
    expect(statSync(file.replace(/crt$/, 'key')).mode & 0o077).toBe(0);
  });

  test('is kept while it holds, so that a browser is told once', async () => {
    const first = await certificateFor(NAMES, folder, NOW);
    const again = await certificateFor(NAMES, folder, NOW + 300 * DAY_MS);
    expect(again.fresh).toBe(false);
    expect(again.fingerprint).toBe(first.fingerprint);
  });

  test('is made anew for another address, and before it runs out', async () => {
    const first = await certificateFor(NAMES, folder, NOW);
    const moved = await certificateFor([...NAMES, '10.0.0.3'], folder, NOW);
    expect(moved.fresh).toBe(true);
    expect(moved.fingerprint).not.toBe(first.fingerprint);
    expect((await certificateFor(NAMES, folder, NOW + 390 * DAY_MS)).fresh).toBe(true);
  });

  test('serves the page over https to who trusts it', async () => {
    const certificate = await certificateFor(NAMES, folder, Date.now());
    const served = await serve({ root: folder, port: 0, certificate });
    try {
      const status = await new Promise<number | undefined>((done, fail) => {
        request(`${served.url}postern.crt`, { ca: certificate.cert }, ({ statusCode, headers }) => {
          expect(headers['cross-origin-opener-policy']).toBe('same-origin');
          done(statusCode);
        })
          .on('error', fail)
          .end();
      });
      expect(status).toBe(200);
    } finally {
      await served.close();
    }
  });
});

describe('what is said to whoever serves a room', () => {
  const urls = ['https://192.168.1.7:4173/'];

  test('the addresses are those that others can type', () => {
    const of = (address: string, family: 'IPv4' | 'IPv6', internal: boolean) =>
      ({ address, family, internal }) as NetworkInterfaceInfo;
    expect(
      networkAddresses({
        lo: [of('127.0.0.1', 'IPv4', true)],
        wifi: [of('192.168.1.7', 'IPv4', false), of('fe80::1', 'IPv6', false)],
      }),
    ).toEqual(['192.168.1.7']);
  });

  test('over https: address, warning, where the certificate is, and its fingerprint', async () => {
    const certificate = await certificateFor(NAMES, folder, NOW);
    const words = describeHttps(urls, certificate);
    for (const part of [urls[0], 'not private', certificate.file, certificate.fingerprint]) {
      expect(words).toContain(part);
    }
  });

  test('over http: that there is no WebGPU and nothing is kept', () => {
    expect(describePlainHttp(urls)).toMatch(/no WebGPU.*keep nothing for offline use.*--https/s);
    expect(describePlainHttp([])).toContain('no address on a network');
  });
});
