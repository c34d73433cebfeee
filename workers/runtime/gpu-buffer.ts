// Buffers that ONNX Runtime can bind as tensors, and that Postern can write and read.

/** STORAGE | COPY_SRC | COPY_DST of the WebGPU specification; TypeScript's DOM library lacks the constants. */
const USAGE = 0x80 | 0x04 | 0x08;

/** At least `bytes` large; ORT wants sizes in multiples of 16. New buffers are zeroed. */
export function createStorageBuffer(device: GPUDevice, bytes: number): GPUBuffer {
  return device.createBuffer({ size: Math.max(16, Math.ceil(bytes / 16) * 16), usage: USAGE });
}
