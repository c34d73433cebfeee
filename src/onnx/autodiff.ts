// Reverse-mode differentiation of graphs. Each primitive adds its forward nodes to the graph and
// records, for every input it can be differentiated by, how to turn the gradient of its output into
// the gradient of that input. `gradients` walks the record backwards and adds those nodes to the same
// graph, so a training step is one ordinary inference run (Griewank & Walther, Evaluating Derivatives).
// Values that no wanted gradient depends on are marked, and nothing is computed for them.

import type { GraphBuilder, Value } from './graph';

/** A size, or the name of one known only when the graph runs. */
export type Dim = number | string;

export interface Variable {
  readonly value: Value;
  readonly dims: readonly Dim[];
  /** Whether any wanted gradient lies behind this value. */
  readonly differentiable: boolean;
}

/** An input of a primitive, with the gradient of that input given the gradient of the output. */
export type Pullback = readonly [input: Variable, gradient: (outputGradient: Value) => Value];

export class Tape {
  readonly builder: GraphBuilder;
  readonly #record: { output: Variable; pullbacks: readonly Pullback[] }[] = [];

  constructor(builder: GraphBuilder) {
    this.builder = builder;
  }

  /** A value whose gradient is wanted. */
  parameter(value: Value, dims: readonly Dim[]): Variable {
    return { value, dims, differentiable: true };
  }

  /** A value that is never differentiated by. */
  constant(value: Value, dims: readonly Dim[]): Variable {
    return { value, dims, differentiable: false };
  }

  /** Registers the result of a primitive. */
  result(value: Value, dims: readonly Dim[], pullbacks: readonly Pullback[]): Variable {
    const wanted = pullbacks.filter(([input]) => input.differentiable);
    const output = { value, dims, differentiable: wanted.length > 0 };
    if (wanted.length > 0) this.#record.push({ output, pullbacks: wanted });
    return output;
  }

  /**
   * Adds the nodes that compute d loss / d parameter, each of the parameter's shape.
   * @throws Error when the loss is not a scalar or does not depend on a parameter.
   */
  gradients(loss: Variable, parameters: readonly Variable[]): Value[] {
    if (loss.dims.length > 0) throw new Error('Only a scalar can be differentiated.');
    const found = new Map<Value, Value>([[loss.value, this.builder.scalar(1)]]);
    for (const { output, pullbacks } of this.#record.toReversed()) {
      const outputGradient = found.get(output.value);
      if (!outputGradient) continue;
      for (const [input, gradient] of pullbacks) {
        const before = found.get(input.value);
        const part = gradient(outputGradient);
        found.set(input.value, before ? this.builder.op('Add', [before, part]) : part);
      }
    }
    return parameters.map(({ value }) => {
      const gradient = found.get(value);
      if (!gradient) throw new Error(`The loss does not depend on ${value}.`);
      return gradient;
    });
  }
}

/** Remembers the one result of `compute`, so that two pullbacks of a primitive share its nodes. */
export function shared(
  compute: (outputGradient: Value) => Value,
): (outputGradient: Value) => Value {
  let known: Value | undefined;
  return (outputGradient) => (known ??= compute(outputGradient));
}
