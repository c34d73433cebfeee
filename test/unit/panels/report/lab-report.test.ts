import { expect, test } from 'vitest';
import { labReportHtml, type LabReport } from '../../../../src/panels/report/report-page';

const HOSTILE = `<script>alert("1")</script><img src=x onerror='y'> & more`;
const REPORT: LabReport = {
  nickname: HOSTILE,
  writtenAt: '2026-01-01T00:00:00Z',
  programVersion: HOSTILE,
  page: `http://localhost/${HOSTILE}`,
  world: true,
  about: [[HOSTILE, HOSTILE]],
  parts: [
    {
      title: HOSTILE,
      paragraphs: [HOSTILE],
      figures: [
        {
          title: HOSTILE,
          note: HOSTILE,
          svg: '<svg xmlns="http://www.w3.org/2000/svg" role="presentation"><text>a &lt;b&gt;</text></svg>',
          legend: [{ svg: '<svg></svg>', label: HOSTILE }],
          columns: [HOSTILE],
          rows: [[HOSTILE]],
        },
      ],
      tables: [{ title: HOSTILE, columns: [HOSTILE], rows: [[HOSTILE]] }],
      lines: [HOSTILE],
      provenance: [HOSTILE],
      link: { url: `http://localhost/#v=1&q="><script>`, missing: [HOSTILE] },
    },
    { title: 'No way back', paragraphs: [], provenance: [], link: { reason: HOSTILE } },
  ],
};

test('whatever stands in a lab report is text, and the page forbids itself all but its own style', () => {
  const html = labReportHtml(REPORT);
  expect(html).not.toMatch(/<script|<img|onerror='|javascript:/);
  expect(html.match(/&#60;script&#62;/g)!.length).toBeGreaterThanOrEqual(18);
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'`);
  expect(html).toContain('href="http://localhost/#v=1&#38;q=&#34;&#62;&#60;script&#62;"');
  // The drawing is as it was serialised, and has a name.
  expect(html).toContain('<text>a &lt;b&gt;</text>');
  expect(html).toMatch(/<svg aria-label="&#60;script[^>]*role="img">/);
});

test('a report without anything says so', () => {
  const html = labReportHtml({ ...REPORT, nickname: null, parts: [] });
  expect(html).toContain('<h1>Lab report</h1>');
  expect(html).toContain('Nothing was measured or extracted yet.');
});

test('only a report of the bundled world calls its answers mild, invented and a mechanism', () => {
  const world = labReportHtml(REPORT);
  expect(world).toContain('mild and invented: specimens of a small synthetic model');
  expect(world).toContain('no evidence about large models');
  const other = labReportHtml({ ...REPORT, world: false });
  expect(other).toContain('written by the models named beside them. They may be harmful or wrong');
  expect(other).not.toMatch(/mild|invented|no evidence/);
});
