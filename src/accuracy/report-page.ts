import { calibrationChart } from './calibration-chart.ts';
import { inWords, confusionChart } from './confusion-chart.ts';
import { mistakes } from './confusion.ts';
import { GROUPINGS, type Grouping } from './figures.ts';
import { escaped, page, tableOf } from './markup.ts';
import { calibrationLines, FIGURE_COLUMNS, figureCells, type ReaderScore } from './reader-score.ts';

/** What the report says of itself. */
export interface ReportHead {
  readonly folder: string;
  readonly labels: string;
  /** When it was made, as shown. */
  readonly made: string;
  readonly threads: number;
  readonly fold: boolean;
}
export interface Unusable { readonly name: string; readonly message: string }

const CAPTIONS: Record<Grouping, string> = { set: 'By set', region: 'By region', lines: 'By lines on the plate', width: 'By width of the plate' };

/** Rows of one table: a group's readers under each other. The first two cells are group and reader. */
export function groupRows(by: Grouping, scores: readonly ReaderScore[]): string[][] {
  const groups = [...new Set(scores.flatMap((s) => s.rows.filter((row) => row.by === by).map((row) => row.group)))];
  return groups.flatMap((group) => scores.flatMap(({ reader, rows }) => rows.filter((row) => row.by === by && row.group === group).map((row) => [group, reader, ...figureCells(row.figures)])));
}

/** The first page of the report. Charts stand in it, so that it can be sent as one file. */
export function reportPage(head: ReportHead, scores: readonly ReaderScore[], unusable: readonly Unusable[]): string {
  const tables = GROUPINGS.map((by) => tableOf(CAPTIONS[by], [by, 'reader', ...FIGURE_COLUMNS], groupRows(by, scores), 2));
  return page(`How well plates are read: ${head.labels}`, `<main>
<h1>How well plates are read</h1>
<p>${escaped(head.folder)}, labels ${escaped(head.labels)}, ${escaped(head.made)}, ${head.threads} ${head.threads === 1 ? 'thread' : 'threads'}${head.fold ? ', O counted as 0 and I as 1' : ''}.</p>
<p><a href="misses.html">The plates that were misread, as pictures</a></p>
<h2>Figures</h2>
<p class="faint"><strong>full</strong>: the whole mark is right, year included. <strong>mark</strong>: right, or right but for an unread year. <strong>CER</strong>: share of characters wrong. <strong>extra</strong>: plates reported where none is labelled. Times are for a whole picture; those of several threads at once are longer than those of one.</p>
${tables.join('\n')}
<h2>What the confidence means</h2>
<div class="charts">${scores.map(calibrationFigure).join('\n')}</div>
<h2>Which characters are misread</h2>
<div class="charts">${scores.map(confusionFigure).join('\n')}</div>
${unusable.length === 0 ? '' : `<h2>Not counted</h2>\n<ul>${unusable.map((u) => `<li>${escaped(u.name)}: ${escaped(u.message)}</li>`).join('\n')}</ul>`}
</main>`);
}

function calibrationFigure({ reader, calibration }: ReaderScore): string {
  return `<figure><h3>${escaped(reader)}</h3>${calibrationChart(reader, calibration)}<figcaption>${calibrationLines(calibration).map(escaped).join(' ')}</figcaption></figure>`;
}

function confusionFigure({ reader, confusion }: ReaderScore): string {
  const worst = mistakes(confusion).slice(0, 6).map(inWords).join(', ');
  const caption = [`${confusion.reads} reads.`, worst && `Most often: ${worst}.`, confusion.leftOut > 0 && `${confusion.leftOut} reads with more than half of the characters wrong are left out.`];
  return `<figure><h3>${escaped(reader)}</h3>${confusionChart(reader, confusion)}<figcaption>${escaped(caption.filter(Boolean).join(' '))}</figcaption></figure>`;
}
