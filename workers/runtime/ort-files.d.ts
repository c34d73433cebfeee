// Files of onnxruntime-web that its package exports without types.

declare module 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs' {
  const make: import('./ort-module').MakeOrtModule;
  export default make;
}

declare module 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs' {
  const make: import('./ort-module').MakeOrtModule;
  export default make;
}
