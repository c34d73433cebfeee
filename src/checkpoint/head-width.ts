// GroupQueryAttention (com.microsoft) rotates heads only where their width is a multiple of 16, and published
// models have others (100 in OpenLLaMA 3B, 8 in small ones). A head is therefore widened with zeros. Rotary
// positions turn component i together with component i + width / 2, so each half is widened for itself.

const STEP = 16;

/** The width of a head as the operators take it. */
export const kernelHeadWidth = (dHead: number): number => STEP * Math.ceil(dHead / STEP);

/** Where component i of a head lies in the widened head [d_head]. */
export function headPlaces(dHead: number): Int32Array {
  const [half, wideHalf] = [dHead / 2, kernelHeadWidth(dHead) / 2];
  return Int32Array.from({ length: dHead }, (_, i) => (i < half ? i : wideHalf + i - half));
}
