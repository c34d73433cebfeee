// Every example by name. The numbers in them are made up by simple formulas: they show the charts.

import type { Component } from 'svelte';
import AnswerFieldExample from './examples/AnswerFieldExample.svelte';
import CloudsExample from './examples/CloudsExample.svelte';
import ContrastGridExample from './examples/ContrastGridExample.svelte';
import CosineByLayerExample from './examples/CosineByLayerExample.svelte';
import DotLinesExample from './examples/DotLinesExample.svelte';
import DotTallyExample from './examples/DotTallyExample.svelte';
import EditTableExample from './examples/EditTableExample.svelte';
import FindingsExample from './examples/FindingsExample.svelte';
import HeatMapExample from './examples/HeatMapExample.svelte';
import LayerBrushExample from './examples/LayerBrushExample.svelte';
import LayerCurveExample from './examples/LayerCurveExample.svelte';
import LineChartExample from './examples/LineChartExample.svelte';
import PathPlotExample from './examples/PathPlotExample.svelte';
import RateBarsExample from './examples/RateBarsExample.svelte';
import RateCurveExample from './examples/RateCurveExample.svelte';
import RateGridExample from './examples/RateGridExample.svelte';
import RateRowsExample from './examples/RateRowsExample.svelte';
import ScaleLegendExample from './examples/ScaleLegendExample.svelte';
import ScatterPlotExample from './examples/ScatterPlotExample.svelte';
import SmallMultiplesExample from './examples/SmallMultiplesExample.svelte';
import TokenMapExample from './examples/TokenMapExample.svelte';
import TokenStripExample from './examples/TokenStripExample.svelte';
import TransferTableExample from './examples/TransferTableExample.svelte';
import ValueRowsExample from './examples/ValueRowsExample.svelte';
import VerdictExample from './examples/VerdictExample.svelte';

export const EXAMPLES: Readonly<Record<string, Component>> = {
  'line-chart': LineChartExample,
  'heat-map': HeatMapExample,
  'cosine-by-layer': CosineByLayerExample,
  'small-multiples': SmallMultiplesExample,
  'scatter-plot': ScatterPlotExample,
  'path-plot': PathPlotExample,
  'token-map': TokenMapExample,
  'answer-field': AnswerFieldExample,
  'rate-bars': RateBarsExample,
  'dot-lines': DotLinesExample,
  'dot-tally': DotTallyExample,
  'transfer-table': TransferTableExample,
  'rate-curve': RateCurveExample,
  'rate-rows': RateRowsExample,
  'token-strip': TokenStripExample,
  'scale-legend': ScaleLegendExample,
  'contrast-grid': ContrastGridExample,
  'edit-table': EditTableExample,
  findings: FindingsExample,
  'layer-brush': LayerBrushExample,
  'layer-curve': LayerCurveExample,
  verdict: VerdictExample,
  clouds: CloudsExample,
  'rate-grid': RateGridExample,
  'value-rows': ValueRowsExample,
};
