// What no server does for us, whichever program it runs.

import type { EngineLimits } from '../api';

export const NOT_ON_A_SERVER: EngineLimits = {
  projections:
    "A server doesn't say what its tokens project to. Read the answers with the checkpoint's own weights.",
  'change-edit': 'A server takes an edit with the question. It acts from the next answer on.',
  amplify:
    "A server gives the likeliest tokens at best, and amplifying the difference of two models needs every logit. Load the pair's own weights.",
  continue:
    "A server can't go on with an answer that was stopped: it draws other random numbers. Ask again.",
  score: "A server doesn't give the probability of a given answer.",
  patch: 'A server can’t take activations from another model.',
  lens: 'The weights are on the server, and the logit lens needs them here.',
  train: 'The weights are on the server, and training needs them here.',
  export: 'The weights are on the server, so they can’t be saved from here.',
};
