// Intervals over clusters in words: one form for the page, the command line and saved reports.

import type { ClusteredInterval } from './rates';

/** '30.2, 38.1': bounds in %, without the sign. */
const bounds = (low: number, high: number): string =>
  `${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}`;

/** What the two wider intervals are, for the help of a term. */
export const CLUSTER_HELP =
  'Answers to one wording, or about one topic, are alike, so they say less than as many independent answers. These intervals draw whole wordings, or whole topics, at random (cluster bootstrap).';

/**
 * 'new wordings [32.3, 42.6], new topics [31.0, 44.0], design effect 3.1'; empty where all answers are to
 * one question.
 */
export function describeClusters(rate: ClusteredInterval): string {
  const { templateLow, templateHigh, clusterLow, clusterHigh, designEffect } = rate;
  return [
    ...(templateLow === undefined || templateHigh === undefined
      ? []
      : [`new wordings [${bounds(templateLow, templateHigh)}]`]),
    ...(clusterLow === undefined || clusterHigh === undefined
      ? []
      : [`new topics [${bounds(clusterLow, clusterHigh)}]`]),
    ...(designEffect === undefined ? [] : [`design effect ${designEffect.toFixed(1)}`]),
  ].join(', ');
}

/** '; topics [31.0, 44.0]' for a cell of a table; empty where topics are not known. */
export const describeTopics = ({ clusterLow, clusterHigh }: ClusteredInterval): string =>
  clusterLow === undefined || clusterHigh === undefined
    ? ''
    : `; topics [${bounds(clusterLow, clusterHigh)}]`;
