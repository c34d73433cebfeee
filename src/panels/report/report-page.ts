// A lab report: one participant's results as one self-contained HTML page. Its figures are the page's charts, each
// with its numbers as a table, its settings, and a link back to it. All text is escaped here; the page contains no
// script, and its policy forbids any.

import { escapeHtml as text, htmlPage, htmlTable } from '../../measure/html-page';
import { safetyNotice } from '../../measure/safety-notice';
import type { DrawnFigure, DrawnTable } from './draw';

/** The link back to a result, or why there is none. */
export type ReportLink =
  { readonly url: string; readonly missing: readonly string[] } | { readonly reason: string };

export interface ReportPart {
  readonly title: string;
  /** Paragraphs. */
  readonly paragraphs: readonly string[];
  readonly figures?: readonly DrawnFigure[];
  readonly tables?: readonly (DrawnTable & { readonly title: string })[];
  /** Lines of a list, such as differences. */
  readonly lines?: readonly string[];
  /** Checkpoints, directions, edits, seeds, sampling, judge: one setting per line. */
  readonly provenance: readonly string[];
  readonly link?: ReportLink;
}

export interface LabReport {
  readonly nickname: string | null;
  /** ISO 8601 */
  readonly writtenAt: string;
  readonly programVersion: string;
  /** Address of the page that the links lead to, without a fragment. */
  readonly page: string;
  /** Whether all answers and rates in it are about the bundled world. */
  readonly world: boolean;
  /** Device, pair and the like: name and value. */
  readonly about: readonly (readonly [string, string])[];
  readonly parts: readonly ReportPart[];
}

const STYLE = `body{max-width:52rem}h1,h2,h3{line-height:1.3}section{margin-top:2.5rem;padding-top:.5rem;border-top:1px solid #dcd6ca}
figure{margin:1.5rem 0}figcaption h3{margin:0}figcaption p,.made,.soft{color:#57534b;font-size:.875rem;margin:.2rem 0}svg{max-width:100%;height:auto}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;padding:0;margin:.4rem 0;font-size:.875rem}.legend li{display:flex;align-items:center;gap:.4rem}
.made{font-family:ui-monospace,monospace;font-size:.75rem;padding-left:1.2rem}dl{display:grid;grid-template-columns:auto 1fr;gap:.1rem 1rem}dt{color:#57534b}dd{margin:0}a{color:#1c5c9f}
details{margin:.4rem 0}summary{font-size:.875rem}@media print{details::details-content{display:block}}`;

const table = ({ columns, rows }: DrawnTable, title: string): string =>
  htmlTable(
    title,
    columns,
    rows.map((row) => row.map((cell) => `<td>${text(cell)}</td>`)),
  );

/** Adds a title to an SVG that the page drew, in which text is escaped already. */
const named = (svg: string, title: string): string =>
  svg
    .replace(/^<svg/, `<svg aria-label="${text(title)}"`)
    .replace('role="presentation"', 'role="img"');

function figure(one: DrawnFigure): string {
  const legend = one.legend.map(({ svg, label }) => `<li>${svg}${text(label)}</li>`).join('');
  return `<figure><figcaption><h3>${text(one.title)}</h3>${one.note === '' ? '' : `<p>${text(one.note)}</p>`}</figcaption>
${legend === '' ? '' : `<ul class="legend">${legend}</ul>`}${named(one.svg, one.title)}
<details><summary>The numbers: ${text(one.title)}</summary>${table(one, one.title)}</details></figure>`;
}

function linkLine(link: ReportLink): string {
  if ('reason' in link) return `<p class="soft">No link leads back here: ${text(link.reason)}</p>`;
  const missing = link.missing.map(
    (reason) => `<p class="soft">Not in the link: ${text(reason)}</p>`,
  );
  return `<p><a href="${text(link.url)}">Open this in Postern</a></p>${missing.join('')}`;
}

function part(one: ReportPart): string {
  const list = (items: readonly string[], name: string): string =>
    items.length === 0
      ? ''
      : `<ul class="${name}">${items.map((item) => `<li>${text(item)}</li>`).join('')}</ul>`;
  return `<section><h2>${text(one.title)}</h2>
${one.paragraphs.map((paragraph) => `<p>${text(paragraph)}</p>`).join('\n')}
${(one.figures ?? []).map(figure).join('\n')}
${(one.tables ?? []).map(({ title, ...rest }) => `<h3>${text(title)}</h3>${table(rest, title)}`).join('\n')}
${list(one.lines ?? [], 'lines')}${list(one.provenance, 'made')}
${one.link ? linkLine(one.link) : ''}</section>`;
}

/** The whole HTML page. */
export function labReportHtml(report: LabReport): string {
  const { nickname, writtenAt, programVersion, page, world, about, parts } = report;
  const title = nickname === null ? 'Lab report' : `Lab report of ${nickname}`;
  const facts = [['Written', writtenAt] as const, ['Postern', programVersion] as const, ...about];
  const main = `<h1>${text(title)}</h1>
<p>What was done in Postern, a playground for emergent misalignment, on one computer. Brackets are 95% intervals, by Wilson where nothing else is said. ${safetyNotice(world)}${world ? ' It shows a mechanism and is no evidence about large models.' : ''}</p>
<dl>${facts.map(([name, value]) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`).join('')}</dl>
<p class="soft">The links lead to ${text(page)} and need Postern there. On the same kind of device the same seeds give the same answers.</p>
${parts.length === 0 ? '<p>Nothing was measured or extracted yet.</p>' : parts.map(part).join('\n')}`;
  return htmlPage(title, STYLE, main);
}
