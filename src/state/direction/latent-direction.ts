// Turns a latent of the persona autoencoder into a direction, which is then treated like an imported one.

import type { ModelConfig } from '../../checkpoint/config';
import { rowOf, zeros, tensor } from '../../core/tensor';
import { NO_DECLARATION, unknownOrigin } from '../../formats/direction/direction-file';
import type { SaeFile } from '../../formats/sae-file';
import type { SavedDirection } from '../../measure/extraction';
import { type Latents, WEIGHTS } from '../../organism/latents';
import { importDirection } from './imported-direction';

/**
 * The decoder vector of a latent as a direction: at its layer as long as the mean difference there, zero at
 * other layers.
 * @throws Error where the selected model differs from the autoencoder's, RangeError where the latent does not exist.
 */
export function latentDirection(
  latents: Latents,
  { sae, layer }: SaeFile,
  latent: number,
  aligned: {
    readonly config: Pick<ModelConfig, 'nLayers' | 'dModel'>;
    readonly sha256: string;
  },
  atMs: number,
): SavedDirection {
  const model = aligned.config;
  if (aligned.sha256 !== latents.autoencoder.alignedSha256) {
    throw new Error(
      'The latents were read in another aligned model than the selected one. Select a bundled fine-tune; if one is selected, write the latents again with "npm run organism:latents".',
    );
  }
  const [dSae, dModel] = [sae.wDec.dims[0]!, sae.wDec.dims[1]!];
  if (!(latent >= 0 && latent < dSae)) throw new RangeError(`There is no latent ${latent}.`);
  const row = rowOf(sae.wDec, latent).data.map((value) => value * latents.length);
  const origin = {
    ...unknownOrigin(`latent ${latent}`),
    importedFrom: `the autoencoder of ${latents.autoencoder.hook}`,
  };
  const mean = latents.alignedMean;
  const fits = mean.length === model.nLayers && mean.every((at) => at.length === dModel);
  const file = {
    file: WEIGHTS,
    format: 'safetensors',
    candidates: [],
    notes: [],
    convention: 'block-output',
    origin,
    record: fits
      ? {
          ...origin,
          vectors: zeros([model.nLayers, dModel]),
          alignedMean: tensor(Float32Array.from(mean.flat()), [model.nLayers, dModel]),
          capThreshold: null,
          perLayer: null,
        }
      : null,
  } as const;
  const candidate = {
    name: `latent ${latent}`,
    indices: [layer],
    rows: tensor(row, [1, dModel]),
    whole: false,
    ...NO_DECLARATION,
  };
  const choice = {
    candidate,
    indices: candidate.indices,
    convention: 'block-output',
    pooling: 'answer-mean',
  } as const;
  return importDirection(file, choice, model, atMs);
}
