// What counts as the address of a server, and when two are one server.

import { expect, test } from 'vitest';
import { serverAddressProblem, serverPlace } from '../../../src/formats/server-address';

test.each(['192.168.1.5:8081', 'localhost:8080', '', 'ftp://x.org'])(
  'an address names its protocol: %j',
  (address) => {
    expect(serverAddressProblem(address)).toMatch(/whole address/);
  },
);

test('an address holds no secret', () => {
  expect(serverAddressProblem('http://192.168.1.5:8081')).toBeNull();
  expect(serverAddressProblem('http://x.org/?key=1')).toMatch(/key has a field/);
});

test('two addresses are one server where origin and path are equal', () => {
  expect(serverPlace(' http://LOCALHOST:8080/ ')).toBe(serverPlace('http://localhost:8080'));
  expect(serverPlace('https://x.org/a')).not.toBe(serverPlace('https://x.org/b'));
  expect(serverPlace('https://x.org')).not.toBe(serverPlace('http://x.org'));
  expect(serverPlace('x.org')).toBe('');
});
