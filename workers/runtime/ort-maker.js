// ONNX Runtime takes the factory of its WebAssembly module as the address of a script: this one, which
// returns the factory that ort-module.ts left here. It is a file and not a blob, so that the page's policy
// can forbid scripts from blobs.
export default (config) => globalThis.posternMakeOrtModule(config);
