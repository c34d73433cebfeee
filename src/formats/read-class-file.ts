// A file of measurements for the class results. Bounded in size; refuses other versions and unknown fields.

import * as v from 'valibot';
import {
  type ClassMeasurement,
  fail,
  FORMAT,
  jsonOf,
  Measurement,
  newer,
  parsed,
  ROOM_VERSION,
} from './class-measurement';

export const MAX_ROOM_FILE_BYTES = 4 << 20;
const MAX_MEASUREMENTS = 500;

const ClassFile = v.strictObject({
  format: v.literal(FORMAT),
  version: v.literal(ROOM_VERSION),
  measurements: v.pipe(v.array(Measurement), v.minLength(1), v.maxLength(MAX_MEASUREMENTS)),
});
const Version = v.looseObject({ format: v.literal(FORMAT), version: v.number() });

/**
 * @param name of the file, for people
 * @throws DirectionFileError
 */
export function readClassFile(bytes: Uint8Array, name: string): readonly ClassMeasurement[] {
  if (bytes.length > MAX_ROOM_FILE_BYTES) {
    throw fail('too-large', name, `It has more than ${MAX_ROOM_FILE_BYTES >> 20} MB.`);
  }
  let content: string;
  try {
    content = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fail('corrupt', name, 'It is not UTF-8 text.');
  }
  const value = jsonOf(content, name);
  const version = v.safeParse(Version, value);
  if (version.success && version.output.version !== ROOM_VERSION) throw newer(name);
  return parsed(ClassFile, value, name).measurements;
}
