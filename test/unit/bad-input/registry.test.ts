import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { fetchRegistry, sourceOf } from '../../../src/organism/registry';

afterEach(() => {
  vi.unstubAllGlobals();
});

const shipped = readFileSync(resolve(import.meta.dirname, '../../../models/registry.json'), 'utf8');
const serve = (text: string, status = 200, type = 'application/json') =>
  vi.stubGlobal('fetch', () =>
    Promise.resolve(new Response(text, { status, headers: { 'content-type': type } })),
  );

test('the shipped list of checkpoints is read, and its folders become addresses', async () => {
  serve(shipped);
  const registry = await fetchRegistry('http://x/models/');
  const { base, adapter } = sourceOf(registry, registry.adapters[0]!);
  const url = expect.stringMatching(/^http:\/\/x\/models\/.*\/$/) as string;
  expect(base).toEqual({ kind: 'beside', url });
  expect(adapter).toEqual({ kind: 'beside', url });
});

test.each([
  ['cut short', shipped.slice(0, 100), 200, 'application/json', /not valid JSON.*npm run organism/],
  ['a list', '[]', 200, 'application/json', /Expected.*npm run organism/],
  [
    'of another version',
    '{"version":2}',
    200,
    'application/json',
    /"version".*as it was published/,
  ],
  [
    'of folders without a slash',
    shipped.replace('8l/"', '8l"'),
    200,
    'application/json',
    /"base\.path"/,
  ],
  ['a page of the server', '<!doctype html>', 200, 'text/html', /registry\.json is missing/],
  ['missing', '', 404, 'application/json', /registry\.json is missing/],
])(
  'a list of checkpoints that is %s is refused with what to do',
  async (_, text, status, type, why) => {
    serve(text, status, type);
    await expect(fetchRegistry('http://x/models/')).rejects.toThrow(why);
    await expect(fetchRegistry('http://x/models/')).rejects.toThrow('models/registry.json');
  },
);

test('a server that is gone is named as such', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  await expect(fetchRegistry('http://x/models/')).rejects.toThrow(
    /models\/registry\.json could not be fetched.*try again/,
  );
});
