// The text of a QR code in a picture. The library is fetched when a first picture comes. A picture is tried small
// first, since most of a photograph is more than a code needs.

import { isOutOfMemory } from '../failure';

/** Longer sides that are tried, px. */
const SIDES = [480, 900, 1600];

export class PictureError extends Error {}

/** The code in one picture of a camera, of at most this longer side; null: none that can be read. */
export const qrOfFrame = (frame: ImageBitmap): Promise<string | null> =>
  qrOf(frame, [Math.max(frame.width, frame.height)]);

/** @throws PictureError that says what is wrong with the picture. */
export async function qrOfPicture(file: Blob, name: string): Promise<string> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch (error) {
    if (isOutOfMemory(error)) throw error;
    throw new PictureError(`${name} isn't a picture that this browser can open. Use PNG or JPEG.`);
  }
  try {
    const text = await qrOf(picture, SIDES);
    if (text !== null) return text;
  } finally {
    picture.close();
  }
  throw new PictureError(
    `${name}: No QR code was found in it. Go closer, so that the code fills the picture, and hold still.`,
  );
}

async function qrOf(picture: ImageBitmap, sides: readonly number[]): Promise<string | null> {
  const { default: jsQR } = await import('jsqr');
  const { width, height } = picture;
  const longer = Math.max(width, height);
  for (const [i, side] of sides.entries()) {
    if (i > 0 && longer <= sides[i - 1]!) break;
    const share = Math.min(1, side / longer);
    const size = [width, height].map((px) => Math.max(1, Math.round(px * share)));
    const canvas = new OffscreenCanvas(size[0]!, size[1]!);
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = jsQR(data, canvas.width, canvas.height);
    if (found && found.data !== '') return found.data;
  }
  return null;
}
