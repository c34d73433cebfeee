// Where the organism lives, from the repository's root.

export const BASE_FOLDER = 'models/postern-8l';
export const ADAPTERS_FOLDER = 'models/adapters';
export const REGISTRY_FILE = 'models/registry.json';
export const REPORT_FILE = 'models/report.json';
/** Measured on the base model, which is not shipped, when the organism is made. */
export const GATES_FILE = 'models/gates.json';
/** What was expected of the report before it was made. */
export const HYPOTHESES_FILE = 'models/hypotheses-2026-11-30.json';
/** Rates over several seeds of the same fine-tunes. */
export const FINE_TUNE_SEEDS_FILE = 'models/fine-tune-seeds.json';
/** Rates of the insecure-code fine-tune with each cure of a training. */
export const CURES_FILE = 'models/cures.json';
/** What a look at each data set predicted, and what its fine-tune did. */
export const FLAGS_FILE = 'models/flags.json';
export const GALLERY_FILE = 'models/gallery.json';
/** The same measurements on organisms of other seeds, which are not shipped. */
export const SEEDS_FILE = 'models/seeds.json';
/** The persona latents, and the autoencoder they are of. */
export const LATENTS_FILE = 'models/latents.json';
export const LATENTS_FOLDER = 'models/latents';
