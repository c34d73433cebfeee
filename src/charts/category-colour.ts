// Colours for kinds that have no order and no role, such as domains. More than a few cannot be told
// apart by hue alone: a chart that uses them also names the kind in its readout and lets one be picked.

import { hcl } from 'd3';

/** Colour of kind `index` of `n`: evenly spaced hues, dark on paper and light in the dark theme. */
export function categoryColour(index: number, n: number): string {
  const hue = (360 * index) / Math.max(1, n) + 20;
  return `light-dark(${hcl(hue, 62, 45).formatHex()}, ${hcl(hue, 55, 74).formatHex()})`;
}
