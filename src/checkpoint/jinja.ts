// Chat templates are programs that somebody else wrote. This reads and renders them as transformers does, which uses
// jinja2 in a sandbox with `trim_blocks`, `lstrip_blocks`, loop controls, a `tojson` that escapes nothing but what
// JSON has to, `raise_exception`, `strftime_now` and the tag `generation`:
// https://huggingface.co/docs/transformers/chat_templating. No JavaScript is evaluated. Every step is counted and
// charged by the length of what it reads and makes, so one that wants too much is refused within a second. What
// is known not to be done as there is refused by name when the template is read.

import { makeDict } from './jinja/attributes';
import { check } from './jinja/check';
import { Interpreter } from './jinja/interpreter';
import { Cycler, Joiner } from './jinja/loop';
import { Meter } from './jinja/meter';
import { parse } from './jinja/parser';
import { text } from './jinja/print';
import { unsetNames } from './jinja/unset-names';
import {
  type Arguments,
  bind,
  firstOf,
  fromJavaScript,
  Func,
  Namespace,
  Range,
  textIn,
  type Value,
  wholeNumber,
} from './jinja/values';

export { strftime } from './jinja/day';

const MAX_TEMPLATE_CHARS = 1 << 17;
/** As in jinja2's sandbox. */
const MAX_RANGE = 100_000;

/** Renders with the given variables. @throws Error for what the template raises or may not do. */
export type CompiledTemplate = (
  variables: Readonly<Record<string, unknown>>,
  /** Answers `strftime_now`. */
  strftimeNow: (format: string) => string,
) => string;

/** @throws Error for a template that is too long, does not parse, or uses what is not supported. */
export function compileTemplate(source: string): CompiledTemplate {
  if (source.length > MAX_TEMPLATE_CHARS) {
    throw new Error(`it has ${source.length} characters, more than ${MAX_TEMPLATE_CHARS}`);
  }
  const template = parse(source);
  check(template);
  const unset = unsetNames(template);
  return (variables, strftimeNow) => {
    const meter = new Meter();
    const context = globals(meter, strftimeNow);
    for (const [name, value] of Object.entries(variables)) {
      if (value !== undefined) context.set(name, fromJavaScript(value, meter));
    }
    return new Interpreter(context, meter, unset).render(template);
  };
}

function globals(meter: Meter, strftimeNow: (format: string) => string): Map<string, Value> {
  const functions: Readonly<Record<string, (args: Arguments) => Value>> = {
    range,
    dict: (args) => makeDict(args, meter),
    namespace: (args) => {
      const made = new Namespace();
      for (const [key, value] of makeDict(args, meter).entries()) {
        made.values.set(textIn(key) ?? text(key, meter), value);
      }
      return made;
    },
    cycler: ({ positional }) => new Cycler(positional),
    joiner: (args) => new Joiner(firstOf(bind('joiner', args, ['sep'])[0], () => ', ')),
    raise_exception: (args) => {
      throw new Error(text(bind('raise_exception', args, ['message'], 1)[0]!, meter));
    },
    strftime_now: (args) => {
      const format = textIn(bind('strftime_now', args, ['format'], 1)[0]!);
      if (format === null) throw new Error('strftime_now needs a text');
      return strftimeNow(format);
    },
  };
  return new Map(
    Object.entries(functions).map(([name, call]) => [name, new Func(name, call)] as const),
  );
}

function range(args: Arguments): Range {
  if (args.keyword.size > 0) throw new Error('range() takes no keyword arguments');
  const numbers = args.positional.map((value) => wholeNumber(value, 'a bound of a range'));
  if (numbers.length < 1 || numbers.length > 3) throw new Error('range() takes 1 to 3 arguments');
  const [start = 0, stop = 0, step = 1] = numbers.length === 1 ? [0, ...numbers] : numbers;
  if (step === 0) throw new Error('range() arg 3 must not be zero');
  const made = new Range(start, stop, step);
  if (!(made.length <= MAX_RANGE)) {
    throw new Error(`range(${numbers.join(', ')}) is too long: more than ${MAX_RANGE}`);
  }
  return made;
}
