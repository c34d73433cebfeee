export const MAY_IMPORT: Readonly<Record<string, readonly string[]>>;
export const STATE_STACK: readonly (readonly string[])[];
