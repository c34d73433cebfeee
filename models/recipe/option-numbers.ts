// Numbers as options of the commands.

import * as v from 'valibot';

/** Any number. */
export const number = v.pipe(v.string(), v.nonEmpty(), v.transform(Number), v.finite());
/** A whole number from 0. */
export const natural = v.pipe(number, v.integer(), v.minValue(0));
