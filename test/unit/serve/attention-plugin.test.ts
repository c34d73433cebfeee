// ONNX Runtime's scripts are those of node_modules, so a release that changes them fails here and at build.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withoutFlashAttention } from '../../../src/serve/attention-plugin';

const DIST = resolve(import.meta.dirname, '../../../node_modules/onnxruntime-web/dist');

describe('the environment of ONNX Runtime on wasm', () => {
  it.each(['jspi', 'asyncify'])('names the variable once in the script of %s', (build) => {
    const glue = readFileSync(scriptOf(build), 'utf8');
    const changed = withoutFlashAttention(glue);
    const entry = 'ORT_GQA_DISABLE_FLASH_ATTENTION:"1",';
    expect(changed.split(entry)).toHaveLength(2);
    expect(changed.replace(entry, '')).toBe(glue);
  });

  it.each(['jspi', 'asyncify'])('is a variable that the WebAssembly of %s asks for', (build) => {
    const wasm = readFileSync(scriptOf(build).replace(/\.mjs$/, '.wasm'));
    expect(wasm.includes('ORT_GQA_DISABLE_FLASH_ATTENTION')).toBe(true);
  });

  it('is refused where the script lists no environment, or two', () => {
    expect(() => withoutFlashAttention('var env={}')).toThrow(/fact 26/);
    expect(() => withoutFlashAttention('LANG:(globalThis, LANG:(globalThis')).toThrow(/fact 26/);
  });
});

const scriptOf = (build: string): string => resolve(DIST, `ort-wasm-simd-threaded.${build}.mjs`);
