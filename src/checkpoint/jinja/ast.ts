// The syntax tree of a template. Constants have Python's values: an integer is a bigint, a float a number
// (see values.ts).

export type Expression =
  | { readonly type: 'constant'; readonly value: null | boolean | bigint | number | string }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'list' | 'tuple' | 'concat'; readonly items: readonly Expression[] }
  | { readonly type: 'dict'; readonly pairs: readonly (readonly [Expression, Expression])[] }
  | {
      readonly type: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly type: 'and' | 'or';
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly type: 'unary'; readonly operator: '-' | '+' | 'not'; readonly operand: Expression }
  | {
      readonly type: 'compare';
      readonly first: Expression;
      readonly rest: readonly {
        readonly operator: CompareOperator;
        readonly operand: Expression;
      }[];
    }
  | {
      readonly type: 'conditional';
      readonly test: Expression;
      readonly then: Expression;
      /** Null: nothing was written, and the value is undefined. */
      readonly otherwise: Expression | null;
    }
  | { readonly type: 'attribute'; readonly object: Expression; readonly name: string }
  | { readonly type: 'item'; readonly object: Expression; readonly index: Expression }
  | {
      readonly type: 'slice';
      readonly object: Expression;
      readonly from: Expression | null;
      readonly to: Expression | null;
      readonly step: Expression | null;
    }
  | { readonly type: 'call'; readonly callee: Expression; readonly args: CallArguments }
  | {
      readonly type: 'filter';
      /** Null: the text of the block that the filter belongs to. */
      readonly input: Expression | null;
      readonly name: string;
      readonly args: CallArguments;
    }
  | {
      readonly type: 'test';
      readonly operand: Expression;
      readonly name: string;
      readonly args: CallArguments;
    };

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export interface CallArguments {
  readonly positional: readonly Expression[];
  readonly keyword: readonly (readonly [string, Expression])[];
  /** The expression after `*` or `**`. */
  readonly spread: Expression | null;
  readonly spreadKeyword: Expression | null;
}

export type Target =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'attribute'; readonly object: string; readonly name: string }
  | { readonly type: 'tuple'; readonly items: readonly Target[] };

/** The parameters of a macro; defaults belong to the last of them. */
export interface Signature {
  readonly parameters: readonly string[];
  readonly defaults: readonly Expression[];
}

export type Block = readonly Statement[];

export type Statement =
  | { readonly type: 'data'; readonly text: string }
  | { readonly type: 'print'; readonly value: Expression }
  | {
      readonly type: 'for';
      readonly target: Target;
      readonly iterable: Expression;
      readonly test: Expression | null;
      readonly recursive: boolean;
      readonly body: Block;
      readonly otherwise: Block;
    }
  | {
      readonly type: 'if';
      /** `if` and every `elif`, in order. */
      readonly branches: readonly { readonly test: Expression; readonly body: Block }[];
      readonly otherwise: Block;
    }
  | { readonly type: 'set'; readonly target: Target; readonly value: Expression }
  | {
      readonly type: 'set-block';
      readonly target: Target;
      readonly filter: Expression | null;
      readonly body: Block;
    }
  | {
      readonly type: 'macro';
      readonly name: string;
      readonly signature: Signature;
      readonly body: Block;
    }
  | {
      readonly type: 'call-block';
      readonly call: Expression;
      readonly signature: Signature;
      readonly body: Block;
    }
  | { readonly type: 'filter-block'; readonly filter: Expression; readonly body: Block }
  | {
      readonly type: 'with';
      readonly assignments: readonly (readonly [Target, Expression])[];
      readonly body: Block;
    }
  /** `{% generation %}` of transformers: it has its own scope, like a call block. */
  | { readonly type: 'generation'; readonly body: Block }
  | { readonly type: 'break' | 'continue' };
