// Colours for kinds without order or role, such as topics. Hue alone separates only a few kinds, so a chart
// that uses them also names the kind in its readout and lets a person pick one.

import { hcl } from 'd3';

/** Colour of kind `index` of `n`: evenly spaced hues, dark on paper and light in the dark theme. */
export function categoryColour(index: number, n: number): string {
  const hue = (360 * index) / Math.max(1, n) + 20;
  return `light-dark(${hcl(hue, 62, 45).formatHex()}, ${hcl(hue, 55, 74).formatHex()})`;
}
