// Reads the QR code in a picture. The decoder is fetched with the first picture. Small sizes are tried first,
// because most photographs have more pixels than a code needs and decoding blocks the page.

/** Larger files are refused: a photograph of a code is smaller. */
const MAX_PICTURE_BYTES = 40 << 20;
/** Longer sides to try, px. */
const SIDES = [480, 900, 1600];

/** Null where the picture has no readable code. */
export async function qrOf(
  source: ImageBitmap | HTMLVideoElement,
  sides = SIDES,
): Promise<string | null> {
  const { default: jsQR } = await import('jsqr');
  const [width, height] =
    source instanceof ImageBitmap
      ? [source.width, source.height]
      : [source.videoWidth, source.videoHeight];
  const longer = Math.max(width, height);
  if (longer === 0) return null;
  for (const [i, side] of sides.entries()) {
    if (i > 0 && longer <= sides[i - 1]!) break;
    const share = Math.min(1, side / longer);
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * share));
    canvas.height = Math.max(1, Math.round(height * share));
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = jsQR(data, canvas.width, canvas.height);
    if (found && found.data !== '') return found.data;
    // Lets the page render.
    await new Promise((done) => setTimeout(done));
  }
  return null;
}

/**
 * @throws Error that says what is wrong with the picture.
 */
export async function qrOfPicture(file: File): Promise<string> {
  if (file.size > MAX_PICTURE_BYTES) {
    throw new Error(
      `${file.name}: It has more than ${MAX_PICTURE_BYTES >> 20} MB. Take a smaller picture.`,
    );
  }
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name}: It is no picture that this browser can open. Use PNG or JPEG.`);
  }
  try {
    const text = await qrOf(picture);
    if (text !== null) return text;
  } finally {
    picture.close();
  }
  throw new Error(
    `${file.name}: No QR code was found in it. Go closer, so that the code fills the picture, and hold still.`,
  );
}
