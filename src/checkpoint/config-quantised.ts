// Weights that are stored quantised, as a config.json says so: by name at the look-up, before gigabytes of bytes
// arrive that nothing here can read.

import * as v from 'valibot';
import { CheckpointError } from './error';
import { checkShape } from './json';

/** compressed-tensors wrote compression_config at first; mlx writes quantization. */
const FIELDS = ['quantization_config', 'compression_config', 'quantization'] as const;

/** Names for people, by `quant_method`. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['awq', 'AWQ'],
  ['fp8', 'FP8'],
  ['gptq', 'GPTQ'],
  ['mxfp4', 'MXFP4'],
]);

const orNull = <S extends v.GenericSchema>(schema: S) => v.fallback(v.nullable(schema), null);

/** Only read for a message, so nothing in it is refused. */
const Quantisation = v.fallback(
  v.object({
    quant_method: orNull(v.string()),
    bits: orNull(v.number()),
    load_in_4bit: orNull(v.boolean()),
    load_in_8bit: orNull(v.boolean()),
  }),
  { quant_method: null, bits: null, load_in_4bit: null, load_in_8bit: null },
);

/** @throws CheckpointError 'unsupported-dtype' where the weights are stored quantised, in whichever way. */
export function refuseQuantised(value: unknown, file: string): void {
  const fields = checkShape(v.looseObject({}), value, file, 'bad-config');
  const field = FIELDS.find(
    (name) => Object.hasOwn(fields, name) && fields[name] !== null && fields[name] !== false,
  );
  if (field === undefined) return;
  const read = v.parse(Quantisation, fields[field]);
  const method = read.quant_method ?? (field === 'quantization' ? 'mlx' : null);
  const bits = read.bits ?? (read.load_in_4bit ? 4 : read.load_in_8bit ? 8 : null);
  const name = method === null ? '' : ` with ${(NAMES.get(method) ?? method).slice(0, 60)}`;
  throw new CheckpointError(
    'unsupported-dtype',
    file,
    `The weights are stored quantised${name} (${field}${bits === null ? '' : `, ${bits} bits`}).`,
    'Choose the checkpoint in F32, F16 or BF16.',
  );
}
