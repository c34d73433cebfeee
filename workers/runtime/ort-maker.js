// ONNX Runtime takes the maker of its WebAssembly module as the address of a script: this one, which hands
// over the maker that ort-module.ts left here. A file and not a blob, so that the page's policy need
// not allow scripts from blobs.
export default (config) => globalThis.posternMakeOrtModule(config);
