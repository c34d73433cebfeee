/** Written into every direction, report and export, so that a file says which program made it. */
export const PROGRAM_VERSION = '0.1.0';
