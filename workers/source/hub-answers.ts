// Validates the responses of a Hub or a mirror before use: a mirror may send anything, and its responses
// become addresses, sizes and hashes.

import * as v from 'valibot';
import { ModelError } from '../runtime';

/** Text that can stand in an address: no half of a surrogate pair. */
export const WellFormed = v.pipe(v.string(), v.maxLength(1000), v.regex(/^\P{Cs}*$/u));
/** A number of bytes. */
export const Bytes = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const Sha256Hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** Model information; not every mirror tells a commit. */
export const ModelInfoAnswer = v.pipe(
  v.unknown(),
  v.check((info) => !Array.isArray(info)),
  v.looseObject({ sha: v.nullish(v.pipe(WellFormed, v.minLength(1))) }),
);

/** One page of a listing. */
export const TreeAnswer = v.array(
  v.object({
    type: v.string(),
    path: v.pipe(WellFormed, v.minLength(1)),
    size: v.nullish(Bytes),
    lfs: v.nullish(v.object({ oid: v.nullish(Sha256Hex), size: v.nullish(Bytes) })),
  }),
);
export type TreeEntry = v.InferOutput<typeof TreeAnswer>[number];

/**
 * @param what is answered, for people
 * @throws ModelError `network` for what is not JSON, or not what a Hub answers.
 */
export function checkAnswer(
  text: string,
  schema: v.GenericSchema,
  host: string,
  what: string,
): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ModelError(
      'network',
      `${host} answered with something that is not JSON${text.trimStart().startsWith('<') ? ', a web page' : ''}: ` +
        'it is no Hub, or something between (a sign-in page of the network?) answers in its place. Check the ' +
        'endpoint, or open it in a tab of its own.',
      { cause: error },
    );
  }
  const checked = v.safeParse(schema, value, { abortEarly: true });
  if (checked.success) return;
  const path = v.getDotPath(checked.issues[0]);
  const where = path === null ? '' : ` (at "${path.slice(0, 60)}")`;
  throw new ModelError(
    'network',
    `${host} answered ${what} in a form that no Hub uses${where}. Use another mirror, or drop the folder from disk.`,
  );
}
