// The text of `npm start -- --host` for the person who serves a class: the addresses, and the limits of
// browsers there.

import type { NetworkInterfaceInfo } from 'node:os';
import type { Certificate } from './certificate';

/** This machine's addresses for others on the network. IPv4 only, because people have to type them. */
export function networkAddresses(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): string[] {
  return Object.values(interfaces)
    .flatMap((all) => all ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}

const ADDRESSES = (urls: readonly string[]): string[] =>
  urls.length > 0
    ? ['On this network it is at', ...urls.map((url) => `  ${url}`)]
    : ['This machine has no address on a network.'];

export function describePlainHttp(urls: readonly string[]): string {
  return [
    ...ADDRESSES(urls),
    'Other computers get it over plain http. There it runs, but browsers offer no WebGPU, one thread only, and',
    'keep nothing for offline use. Add --https for WebGPU and threads.',
  ].join('\n');
}

export function describeHttps(urls: readonly string[], certificate: Certificate): string {
  const { fresh, fingerprint, file } = certificate;
  return [
    ...ADDRESSES(urls),
    `The certificate was made ${fresh ? 'now, ' : ''}on this machine, so no browser knows it. Each warns once:`,
    '  Chrome, Edge  "Your connection is not private": Advanced, then Proceed (or Continue) to the address',
    '  Firefox       "Warning: Potential Security Risk Ahead": Advanced, Accept the Risk and Continue',
    '  Safari        "This Connection Is Not Private": Show Details, visit this website',
    'Then WebGPU and threads work. Chrome and Edge keep a page for offline use only where the certificate is',
    `trusted: import ${file}`,
    '(Chrome: chrome://certificate-manager, Local certificates, Trusted certificates).',
    'The warning may show this fingerprint (SHA-256):',
    `  ${fingerprint}`,
  ].join('\n');
}
