// The WebAssembly module inside onnxruntime-web 1.30. Its JavaScript side hides the module, but takes its
// factory as a script; the script that Postern passes keeps a reference.

import makerUrl from './ort-maker.js?url';

/**
 * The functions of the module that Postern uses (lib/wasm/wasm-types.ts). Addresses and handles are numbers.
 */
export interface OrtModule {
  readonly HEAPU8: Uint8Array;
  readonly PTR_SIZE: number;
  stackSave(): number;
  stackRestore(stack: number): void;
  stackAlloc(bytes: number): number;
  setValue(address: number, value: number, type: '*'): void;
  getValue(address: number, type: 'i8' | '*'): number;
  UTF8ToString(address: number): string;
  stringToUTF8(text: string, address: number, bytes: number): void;
  lengthBytesUTF8(text: string): number;
  _malloc(bytes: number): number;
  _free(address: number): void;
  /** (type, data, bytes, dims, rank, location) -> handle, 0 on failure. */
  _OrtCreateTensor(...of: readonly number[]): number;
  _OrtReleaseTensor(tensor: number): number;
  /** (tensor, and where to write: type, data, dims, rank) -> 0 on success; `dims` is to be freed. */
  _OrtGetTensorData(...of: readonly number[]): number;
  _OrtFree(address: number): number;
  /** (session, input names, inputs, count, output names, count, outputs, options) -> 0 on success. */
  _OrtRun(...of: readonly number[]): number | Promise<number>;
  /** (where to write: code, message) */
  _OrtGetLastError(...of: readonly number[]): void;
}

export type MakeOrtModule = (config: unknown) => Promise<OrtModule>;

let module: OrtModule | null = null;

/**
 * For `env.wasm.wasmPaths.mjs`. The script finds the maker under this name.
 * @param wasmUrl of the WebAssembly, packed with gzip or not
 */
export function moduleScript(make: MakeOrtModule, wasmUrl: string): string {
  const posternMakeOrtModule = async (config: object): Promise<OrtModule> => {
    const compiled = await compile(wasmUrl);
    const instantiateWasm = (imports: WebAssembly.Imports, receive: Receive): object => {
      void WebAssembly.instantiate(compiled, imports).then((instance) =>
        receive(instance, compiled),
      );
      return {};
    };
    return (module = await make({ ...config, instantiateWasm }));
  };
  Object.assign(globalThis, { posternMakeOrtModule });
  return makerUrl;
}

type Receive = (instance: WebAssembly.Instance, module: WebAssembly.Module) => void;

/** First bytes of what gzip has packed. */
const GZIP = [0x1f, 0x8b];

/**
 * Compiles while it comes. Unpacked here and not by the server, so that every static host sends it packed.
 * @throws Error where the server has no such file; TypeError where it cannot be reached
 */
async function compile(url: string): Promise<WebAssembly.Module> {
  const response = await fetch(url, { credentials: 'same-origin' });
  if (!response.ok || !response.body) {
    throw new Error(`The server answered ${response.status} for ${url}.`);
  }
  const [body, start] = await beginning(response.body);
  const packed = GZIP.every((byte, i) => start[i] === byte);
  const wasm = packed ? body.pipeThrough(new DecompressionStream('gzip')) : body;
  const headers = { 'Content-Type': 'application/wasm' };
  return WebAssembly.compileStreaming(new Response(wasm, { headers }));
}

/** The whole stream and the first of its chunks. */
async function beginning(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<[ReadableStream<Uint8Array<ArrayBuffer>>, Uint8Array]> {
  const reader = body.getReader();
  const first = await reader.read();
  const whole = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      if (first.done) controller.close();
      else controller.enqueue(first.value);
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return [whole, first.value ?? new Uint8Array()];
}

/** @throws Error before the first session. */
export function ortModule(): OrtModule {
  if (!module) throw new Error('ONNX Runtime has no memory before its first session.');
  return module;
}

/** @throws Error with ONNX Runtime's message. */
export function throwLastError(): never {
  const m = ortModule();
  const at = m.stackAlloc(2 * m.PTR_SIZE);
  m._OrtGetLastError(at, at + m.PTR_SIZE);
  const message = m.getValue(at + m.PTR_SIZE, '*');
  throw new Error(`ONNX Runtime: ${message === 0 ? 'no reason given' : m.UTF8ToString(message)}`);
}

/**
 * Allocates in the module's memory.
 * @throws RangeError when the memory is full.
 */
export function reserve(bytes: number): number {
  const address = ortModule()._malloc(Math.max(1, bytes));
  if (address === 0) throw new RangeError(`out of memory: ${bytes} bytes for ONNX Runtime`);
  return address;
}

/** The whole memory of the module. Reading a value first makes the module notice that its memory has grown. */
export function heapBytes(): Uint8Array {
  const m = ortModule();
  m.getValue(0, 'i8');
  return m.HEAPU8;
}

/** Writes addresses, handles or dimensions to consecutive words on the module's stack. */
export function pointers(values: readonly number[]): number {
  const m = ortModule();
  const at = m.stackAlloc(Math.max(1, values.length) * m.PTR_SIZE);
  values.forEach((value, i) => m.setValue(at + i * m.PTR_SIZE, value, '*'));
  return at;
}
