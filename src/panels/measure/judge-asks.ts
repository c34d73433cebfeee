// What a button says that makes requests: how many at most, and where they go.

import { type JudgeRecord, requestsFor } from '../../measure/judges';

/** Continues the words of a button; nothing for a judge that sends nothing. */
export function describeRequests(judge: JudgeRecord | null, answers: number): string {
  if (judge?.kind !== 'endpoint') return '';
  return `, up to ${requestsFor(answers)} requests to ${new URL(judge.url).host}`;
}
