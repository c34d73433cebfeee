// The label of a button that sends requests: the maximum number of requests, and their address.

import { type JudgeRecord, requestsFor } from '../../measure/judging/judges';

/** Continues the label of a button; '' for a judge that sends no requests. */
export function describeRequests(judge: JudgeRecord | null, answers: number): string {
  if (judge?.kind !== 'endpoint') return '';
  return `, up to ${requestsFor(answers)} requests to ${new URL(judge.url).host}`;
}
