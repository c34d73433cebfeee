// Sets one variable in the environment of ONNX Runtime's WebAssembly. Its GroupQueryAttention takes a tiled
// ("flash") path for more than one token, which on wasm costs many times the plain one (workers/README.md, fact 26).
// The environment is written in the glue script and no option reaches it, so the script's text is changed.

import type { Plugin } from 'vite';

/** The scripts of both builds that `workers/runtime/device.ts` imports. */
const GLUE = /\/ort-wasm-simd-threaded\.(?:jspi|asyncify)\.mjs$/;
/** Where Emscripten lists the environment. */
const LIST = 'LANG:(globalThis';
const VARIABLE = 'ORT_GQA_DISABLE_FLASH_ATTENTION:"1",';

/**
 * The glue script with the variable set.
 * @throws Error where the list is not found exactly once, as after a new release of onnxruntime-web
 */
export function withoutFlashAttention(glue: string): string {
  const [before, after, ...more] = glue.split(LIST);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(
      `ONNX Runtime's script does not list its environment as "${LIST}" once, so reading prompts would be slow. ` +
        'See workers/README.md, fact 26.',
    );
  }
  return `${before}${VARIABLE}${LIST}${after}`;
}

/** For the page's workers, in development, at build and in the tests. */
export function plainAttention(): Plugin {
  return {
    name: 'postern-plain-attention',
    enforce: 'pre',
    transform(code, id) {
      const [file = id] = id.split('?');
      return GLUE.test(file) ? { code: withoutFlashAttention(code), map: null } : null;
    },
  };
}
