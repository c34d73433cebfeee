// A graph under construction: values are names, operators are calls that return names. Nothing is
// inferred or checked here; ONNX Runtime does that when the session is made. Weights go either into
// the file (small constants) or beside it ("external data", which ORT hands to the GPU directly).

export type DType = 'f32' | 'f16' | 'i64' | 'i32' | 'i8' | 'u8' | 'bool';

/** The name of a tensor inside one graph. */
export type Value = string & { readonly __value: true };

export type Attribute =
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'ints'; readonly value: readonly number[] };

export interface Node {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface ValueInfo {
  readonly name: string;
  readonly dtype: DType;
  /** A number, or the name of a dimension that is known only when the graph runs. */
  readonly dims: readonly (number | string)[];
}

export interface Initializer {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data:
    | { readonly bytes: Uint8Array }
    /** Outside the model file: in `EXTERNAL_PATH`, or in the named file. */
    | { readonly offset: number; readonly length: number; readonly file?: string };
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
}

export const float = (value: number): Attribute => ({ type: 'float', value });
export const int = (value: number): Attribute => ({ type: 'int', value });
export const ints = (...value: number[]): Attribute => ({ type: 'ints', value });
export const text = (value: string): Attribute => ({ type: 'string', value });

/** Operators that are not ONNX's own live in ONNX Runtime's domain. */
export const MICROSOFT = 'com.microsoft';

const EXTERNAL_ALIGNMENT = 64;

export class GraphBuilder {
  readonly nodes: Node[] = [];
  readonly inputs: ValueInfo[] = [];
  readonly outputs: ValueInfo[] = [];
  readonly initializers: Initializer[] = [];
  readonly #external: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  readonly #scalars = new Map<string, Value>();
  #externalLength = 0;
  #count = 0;

  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** A fresh value name; `hint` makes graphs readable in a viewer. */
  fresh(hint: string): Value {
    return `${hint}_${this.#count++}` as Value;
  }

  input(name: string, dtype: DType, dims: readonly (number | string)[]): Value {
    this.inputs.push({ name, dtype, dims });
    return name as Value;
  }

  /** Declares an existing value as a graph output under `name`. */
  output(value: Value, name: string, dtype: DType, dims: readonly (number | string)[]): void {
    this.nodes.push({
      name: `output_${name}`,
      op: 'Identity',
      domain: '',
      inputs: [value],
      outputs: [name],
      attributes: {},
    });
    this.outputs.push({ name, dtype, dims });
  }

  /** One operator with one output. An empty string marks an absent optional input. */
  op(
    op: string,
    inputs: readonly (Value | '')[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Value {
    return this.opN(op, 1, inputs, attributes, domain)[0]!;
  }

  /** One operator with `count` outputs. */
  opN(
    op: string,
    count: number,
    inputs: readonly (Value | '')[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Value[] {
    const name = this.fresh(op);
    const outputs = Array.from(
      { length: count },
      (_, i) => (i === 0 ? name : `${name}_${i}`) as Value,
    );
    this.nodes.push({ name, op, domain, inputs, outputs, attributes });
    return outputs;
  }

  /** A small f32 constant stored in the file; scalars (`dims` `[]`) are shared. */
  constant(values: readonly number[] | Float32Array, dims: readonly number[]): Value {
    return this.#inline('f32', Float32Array.from(values), dims);
  }

  scalar(value: number): Value {
    return this.constant([value], []);
  }

  /** An int64 constant, as shapes and axes want it. */
  int64(...values: number[]): Value {
    return this.#inline('i64', BigInt64Array.from(values.map(BigInt)), [values.length]);
  }

  /** A scalar uint8 constant: a zero point. */
  uint8(value: number): Value {
    return this.#inline('u8', Uint8Array.of(value), []);
  }

  int32(values: readonly number[], dims: readonly number[]): Value {
    return this.#inline('i32', Int32Array.from(values), dims);
  }

  /** A weight kept beside the file. The bytes are not copied until `externalData()`. */
  weight(name: string, dtype: DType, dims: readonly number[], bytes: Uint8Array): Value {
    const offset = this.reserve(name, dtype, dims, bytes.byteLength);
    this.#external.push({ offset, bytes });
    return name as Value;
  }

  /** Room for a weight that is written later, and where in `externalData()` it lies. */
  reserve(name: string, dtype: DType, dims: readonly number[], length: number): number {
    const offset = Math.ceil(this.#externalLength / EXTERNAL_ALIGNMENT) * EXTERNAL_ALIGNMENT;
    this.initializers.push({ name, dtype, dims, data: { offset, length } });
    this.#externalLength = offset + length;
    return offset;
  }

  graph(): Graph {
    return this;
  }

  /** Bytes of `externalData()`. */
  get externalBytes(): number {
    return this.#externalLength;
  }

  /** Weights whose bytes are known already, by where they lie in `externalData()`. */
  get knownWeights(): readonly { readonly offset: number; readonly bytes: Uint8Array }[] {
    return this.#external;
  }

  /** All external weights as one block; reserved room is zero. */
  externalData(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#externalLength);
    for (const { offset, bytes } of this.#external) all.set(bytes, offset);
    return all;
  }

  #inline(dtype: DType, values: ArrayBufferView, dims: readonly number[]): Value {
    const bytes = new Uint8Array(values.buffer.slice(0) as ArrayBuffer);
    const key = bytes.byteLength <= 64 ? `${dtype}:${dims.join(',')}:${bytes.join(',')}` : '';
    const known = this.#scalars.get(key);
    if (known) return known;
    const name = this.fresh(`const_${dtype}`);
    this.initializers.push({ name, dtype, dims, data: { bytes } });
    if (key) this.#scalars.set(key, name);
    return name;
  }
}
