/** Written into every direction, report and export, so that a file says which program made it. */
export const PROGRAM_VERSION = '0.2.0';

/**
 * Raised with every change after which a seed draws other transcripts, questions or answers, so that results of
 * two ways of drawing are never taken for the same. In version 1 transcripts shared one random stream.
 */
export const DRAWING_VERSION = 2;
