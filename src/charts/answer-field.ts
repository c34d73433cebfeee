// Where the dots of a field of answers lie: one cell for each row and column, filled line by line, so that a
// dot stays where it is while others join it.

/** How an answer is drawn. Shape and filling say the same as the colour. */
export type DotLook =
  'aligned' | 'misaligned' | 'mixed' | 'offTopic' | 'incoherent' | 'unscored' | 'waiting';

interface LookFacts {
  readonly label: string;
  /** A CSS colour. */
  readonly colour: string;
  readonly shape: 'circle' | 'triangle' | 'diamond' | 'point';
  readonly hollow: boolean;
}

/** In the order of the legend. */
export const DOT_LOOKS: Readonly<Record<DotLook, LookFacts>> = {
  aligned: { label: 'aligned', colour: 'var(--aligned)', shape: 'circle', hollow: false },
  misaligned: { label: 'misaligned', colour: 'var(--em)', shape: 'triangle', hollow: false },
  mixed: { label: 'mixed', colour: 'var(--em)', shape: 'diamond', hollow: false },
  offTopic: {
    label: 'misaligned, off topic',
    colour: 'var(--em)',
    shape: 'triangle',
    hollow: true,
  },
  incoherent: { label: 'incoherent', colour: 'var(--ink-soft)', shape: 'circle', hollow: true },
  unscored: { label: 'not scored', colour: 'var(--ink-soft)', shape: 'diamond', hollow: true },
  waiting: { label: 'no verdict yet', colour: 'var(--ink-soft)', shape: 'point', hollow: false },
};

export interface FieldDot {
  /** Index of its row and column. */
  readonly row: number;
  readonly column: number;
  readonly look: DotLook;
}

/** Distance of neighbouring dots, px. */
export const PITCH = 9;
const ROW_GAP = 14;
const CELL_GAP = 8;

export interface PlacedDot {
  /** Middle, px. */
  readonly x: number;
  readonly y: number;
}

export interface FieldLayout {
  /** One a dot, in the dots' order. */
  readonly places: readonly PlacedDot[];
  /** Top and height of each row, px. */
  readonly rows: readonly { readonly top: number; readonly height: number }[];
  /** Left edge and width of each column, px. */
  readonly columns: readonly { readonly left: number; readonly width: number }[];
  /** Lower edge of the last row, px. */
  readonly bottom: number;
}

/**
 * @param box left, right and top of the cells, px
 * @param room dots that every cell has room for, so that a field does not grow while it fills
 */
export function layOut(
  dots: readonly FieldDot[],
  nRows: number,
  nColumns: number,
  box: { readonly left: number; readonly right: number; readonly top: number },
  room: number,
): FieldLayout {
  const pace = (box.right - box.left) / Math.max(1, nColumns);
  const width = Math.max(PITCH, pace - CELL_GAP);
  const across = Math.max(1, Math.floor(width / PITCH));
  const filled = Array.from({ length: nRows * nColumns }, () => 0);
  const within = dots.map(({ row, column }) => filled[row * nColumns + column]!++);
  const most = Math.max(1, room, ...filled);
  const height = Math.ceil(most / across) * PITCH;
  const rows = Array.from({ length: nRows }, (_, row) => ({
    top: box.top + row * (height + ROW_GAP),
    height,
  }));
  const columns = Array.from({ length: nColumns }, (_, column) => ({
    left: box.left + column * pace,
    width,
  }));
  const places = dots.map(({ row, column }, i) => ({
    x: columns[column]!.left + ((within[i]! % across) + 0.5) * PITCH,
    y: rows[row]!.top + (Math.floor(within[i]! / across) + 0.5) * PITCH,
  }));
  return { places, rows, columns, bottom: (rows.at(-1)?.top ?? box.top) + height };
}

const RADIUS = 3.4;

/** Outline of one dot as an SVG path. */
function outline({ x, y }: PlacedDot, shape: LookFacts['shape']): string {
  switch (shape) {
    case 'circle':
    case 'point': {
      const r = shape === 'point' ? 1.2 : RADIUS - 0.4;
      return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
    }
    case 'triangle':
      return `M${x} ${y - RADIUS}l${RADIUS} ${1.75 * RADIUS}h${-2 * RADIUS}Z`;
    case 'diamond':
      return `M${x} ${y - RADIUS}l${RADIUS} ${RADIUS}l${-RADIUS} ${RADIUS}l${-RADIUS} ${-RADIUS}Z`;
  }
}

/** All dots of one look as one SVG path: thousands of dots are a handful of elements. */
export function pathOf(
  dots: readonly FieldDot[],
  places: readonly PlacedDot[],
  look: DotLook,
): string {
  const { shape } = DOT_LOOKS[look];
  return dots.map((dot, i) => (dot.look === look ? outline(places[i]!, shape) : '')).join('');
}

/** Index of the dot under a point, px; null where none is within reach. */
export function dotAt(places: readonly PlacedDot[], x: number, y: number): number | null {
  let nearest: number | null = null;
  let reach = PITCH ** 2;
  places.forEach((place, i) => {
    const away = (place.x - x) ** 2 + (place.y - y) ** 2;
    if (away < reach) [nearest, reach] = [i, away];
  });
  return nearest;
}

/**
 * The dot that a key leads to: left and right along a row, cell by cell, up and down to the same place in
 * the row above or below (its last dot, where that row has fewer). From null a key starts at an end.
 */
export function walkField(
  key: string,
  at: number | null,
  dots: readonly FieldDot[],
): number | null {
  if (dots.length === 0) return null;
  const byRow = new Map<number, number[]>();
  const order = dots.map((_, i) => i).sort((a, b) => dots[a]!.column - dots[b]!.column || a - b);
  for (const i of order) {
    const row = byRow.get(dots[i]!.row);
    if (row) row.push(i);
    else byRow.set(dots[i]!.row, [i]);
  }
  const rows = [...byRow.keys()].sort((a, b) => a - b);
  const first = byRow.get(rows[0]!)!;
  const last = byRow.get(rows.at(-1)!)!;
  if (at === null) return key === 'ArrowLeft' || key === 'End' ? last.at(-1)! : first[0]!;
  const line = byRow.get(dots[at]!.row)!;
  const place = line.indexOf(at);
  const other = (by: number): number => {
    const next = byRow.get(rows[rows.indexOf(dots[at]!.row) + by] ?? -1);
    return next?.[Math.min(place, next.length - 1)] ?? at;
  };
  switch (key) {
    case 'Home':
      return line[0]!;
    case 'End':
      return line.at(-1)!;
    case 'ArrowLeft':
      return line[Math.max(0, place - 1)]!;
    case 'ArrowRight':
      return line[Math.min(line.length - 1, place + 1)]!;
    case 'ArrowUp':
      return other(-1);
    default:
      return other(1);
  }
}
