// What an edit did to a rate, over new topics: two arms were asked the same questions, so each topic's two
// rates are drawn together. Where topics are not known, or there is only one, answers count one by one.

import { type ClusterPair, clusterDifference, clusterFall } from '../core/statistics/cluster-stats';
import { type Fall, fallOf } from '../core/statistics/rates';
import { type DifferenceInterval, newcombe } from '../core/statistics/stats';
import { clustersOf, type Countable, type Measure } from './counts';

const NONE = { count: 0, n: 0 };
const DRAWS = 2000;

/** The topics of both, paired; null where an arm's are not known. */
function topicPairs(first: Countable, second: Countable, measure: Measure): ClusterPair[] | null {
  if (!first.byTemplate || !second.byTemplate) return null;
  const one = clustersOf(first.byTemplate, 'topic', measure);
  const two = clustersOf(second.byTemplate, 'topic', measure);
  return [...new Set([...one.keys(), ...two.keys()])].map((topic) => ({
    first: one.get(topic) ?? NONE,
    second: two.get(topic) ?? NONE,
  }));
}

/** The fall of a rate from `before` to `after`, with its 95% interval over new topics. */
export function measuredFall(after: Countable, before: Countable, measure: Measure): Fall {
  const pairs = topicPairs(after, before, measure);
  return pairs ? clusterFall(pairs, { draws: DRAWS }) : fallOf(measure(after), measure(before));
}

/** First rate minus second, with its 95% interval over new topics. */
export function measuredDifference(
  first: Countable,
  second: Countable,
  measure: Measure,
): DifferenceInterval {
  const pairs = topicPairs(first, second, measure);
  if (pairs) return clusterDifference(pairs, { draws: DRAWS });
  const [one, two] = [measure(first), measure(second)];
  return newcombe(one.count, one.n, two.count, two.n);
}
