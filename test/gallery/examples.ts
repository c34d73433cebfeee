// Every example by name. The numbers in them are made up by simple formulas: they show the charts.

import type { Component } from 'svelte';
import HeatMapExample from './examples/HeatMapExample.svelte';
import LineChartExample from './examples/LineChartExample.svelte';
import RateBarsExample from './examples/RateBarsExample.svelte';
import ScaleLegendExample from './examples/ScaleLegendExample.svelte';
import TokenStripExample from './examples/TokenStripExample.svelte';

export const EXAMPLES: Readonly<Record<string, Component>> = {
  'line-chart': LineChartExample,
  'heat-map': HeatMapExample,
  'rate-bars': RateBarsExample,
  'token-strip': TokenStripExample,
  'scale-legend': ScaleLegendExample,
};
