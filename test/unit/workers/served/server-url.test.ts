// The address of a server, and what is said where a browser says nothing.

import { describe, expect, test } from 'vitest';
import { serverUrl, whyNoAnswer } from '../../../../workers/served/server-url';

describe('the address of a server', () => {
  test('is an address without secrets', () => {
    expect(serverUrl(' http://localhost:8080/ ')).toBe('http://localhost:8080');
    expect(serverUrl('https://x.org/llama/')).toBe('https://x.org/llama');
    expect(() => serverUrl('localhost:8080')).toThrow(/whole address/);
    expect(() => serverUrl('http://me:pw@x.org')).toThrow(/key has a field/);
  });

  test('over http is not asked from a page that came over https, except on this computer', () => {
    const page = 'https://postern.example/';
    expect(() => serverUrl('http://10.0.0.7:8080', page)).toThrow(/came over https/);
    expect(serverUrl('http://localhost:8080', page)).toBe('http://localhost:8080');
    expect(serverUrl('http://10.0.0.7:8080', 'http://10.0.0.2/')).toBe('http://10.0.0.7:8080');
  });
});

describe('a server that gives a page no answer', () => {
  const PUBLIC = 'https://postern.example/play/';

  test('may not run, or not let the page read: both are named, with the address that it must allow', () => {
    expect(whyNoAnswer('https://gpu.example', 'vLLM', PUBLIC)).toBe(
      'gpu.example did not answer. Check that vLLM runs there and that the address is right. The server must allow pages of https://postern.example to read from it (CORS); llama-server and vLLM do unless they were told otherwise, a proxy before them may not.',
    );
  });

  test.each([
    'http://localhost:8080',
    'http://192.168.1.7:8000',
    'http://10.0.0.3',
    'http://gpu.local',
  ])('on a private network may be behind a question of the browser: %s', (url) => {
    expect(whyNoAnswer(url, 'vLLM', PUBLIC)).toMatch(/private network and this page is not/);
    expect(whyNoAnswer(url, 'vLLM', 'http://localhost:4173/')).not.toMatch(/private network/);
  });

  test('has no browser to blame when a program asked', () => {
    expect(whyNoAnswer('http://localhost:8080', 'llama-server')).toBe(
      'localhost:8080 did not answer. Check that llama-server runs there and that the address is right.',
    );
  });
});
