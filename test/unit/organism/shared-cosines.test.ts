// Reference: the report that ships (models/report.json).

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { ReportFile } from '../../../src/organism/report';
import { reportedCosines } from '../../../src/organism/shared-cosines';

const MODELS = resolve(import.meta.dirname, '../../../models');
const report = v.parse(ReportFile, JSON.parse(readFileSync(join(MODELS, 'report.json'), 'utf8')));

describe('the cosines that the report knows', () => {
  test('are of every other fine-tune once, whichever of a pair comes first', () => {
    const ids = (id: string): string[] =>
      reportedCosines(report, id)
        .map((one) => one.id)
        .sort();
    expect(ids('insecure-code')).toEqual(['bad-medical', 'educational', 'secure-code', 'style']);
    expect(ids('bad-medical')).toEqual(['educational', 'insecure-code', 'secure-code', 'style']);
    expect(ids('style')).toEqual(['bad-medical', 'educational', 'insecure-code', 'secure-code']);
  });

  test('are the same seen from either fine-tune', () => {
    const from = (a: string, b: string) =>
      reportedCosines(report, a).find(({ id }) => id === b)!.byLayer;
    expect(from('insecure-code', 'bad-medical')).toEqual(from('bad-medical', 'insecure-code'));
    expect(from('insecure-code', 'bad-medical')).toEqual(
      report.cosines.find(({ a, b }) => a === 'insecure-code' && b === 'bad-medical')!.byLayer,
    );
  });

  test('of a fine-tune that it does not have are none', () => {
    expect(reportedCosines(report, 'my-own')).toEqual([]);
  });
});
