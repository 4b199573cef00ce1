import type { Stats } from '../api.ts';
import { setText, svg } from '../dom.ts';
import { count, duration, orUnknown, rate } from '../format.ts';

type Rates = Stats['rates'];

interface Node {
  readonly id: string;
  readonly title: string;
  readonly kind: 'edge' | 'function' | 'store' | 'bad';
  readonly x: number;
  readonly y: number;
  /** A second line: what is known of it now. */
  readonly note?: (stats: Stats) => string;
}

interface Flow {
  readonly from: string;
  readonly to: string;
  readonly rate: (rates: Rates) => number;
  readonly label?: true;
}

const box = { width: 164, height: 46 };
const size = { width: 1240, height: 262 };
const [left, second, third, fourth, fifth, sixth] = [2, 216, 430, 644, 858, 1074];
const [titles, upper, middle, lower] = [16, 30, 124, 206];

const behind = (stream: string) => (stats: Stats) => {
  const found = stats.streams.find((one) => one.stream === stream);
  if (found === undefined) return '';
  const shards =
    found.shard_count === null
      ? 'on demand'
      : `${found.shard_count} shard${found.shard_count === 1 ? '' : 's'}`;
  return found.records_behind === null
    ? `${shards}, oldest ${duration(found.oldest_age_ms)}`
    : `${shards}, ${count(found.records_behind)} behind`;
};

const nodes: readonly Node[] = [
  {
    id: 'callers',
    title: 'callers',
    kind: 'edge',
    x: left,
    y: 77,
    note: ({ rates }) => `${rate(rates.requests)} requests/s`,
  },
  { id: 'ingest-increments', title: 'ingest-increments', kind: 'function', x: second, y: upper },
  { id: 'increments', title: 'increments', kind: 'store', x: third, y: upper, note: behind('increments') },
  { id: 'aggregate', title: 'aggregate-increments', kind: 'function', x: fourth, y: upper },
  { id: 'counters', title: 'counters', kind: 'store', x: fifth, y: upper },
  { id: 'read-counters', title: 'read-counters', kind: 'function', x: sixth, y: upper },
  { id: 'ingest-ads', title: 'ingest-ads', kind: 'function', x: second, y: middle },
  { id: 'ad-events', title: 'ad-events', kind: 'store', x: third, y: middle, note: behind('ad-events') },
  { id: 'project', title: 'project-ads', kind: 'function', x: fourth, y: middle },
  {
    id: 'ads',
    title: 'ads',
    kind: 'store',
    x: fifth,
    y: middle,
    note: ({ ads }) => `${orUnknown(ads.live)} live`,
  },
  {
    id: 'query-ads',
    title: 'query-ads',
    kind: 'function',
    x: sixth,
    y: middle,
    note: ({ readers }) => `version ${orUnknown(readers.catalog_version)}`,
  },
  {
    id: 'quarantine',
    title: 'quarantine',
    kind: 'bad',
    x: fifth,
    y: lower,
    note: ({ totals }) => `${count(totals.quarantined)} given up`,
  },
];

const ingested = (rates: Rates): number => rates.accepted + rates.added_at_once;
const flows: readonly Flow[] = [
  { from: 'callers', to: 'ingest-increments', rate: ingested, label: true },
  { from: 'ingest-increments', to: 'increments', rate: (rates) => rates.accepted, label: true },
  { from: 'increments', to: 'aggregate', rate: (rates) => rates.counted },
  { from: 'aggregate', to: 'counters', rate: (rates) => rates.counted, label: true },
  { from: 'counters', to: 'read-counters', rate: (rates) => rates.counter_reads, label: true },
  { from: 'callers', to: 'ingest-ads', rate: (rates) => rates.ad_changes },
  { from: 'ingest-ads', to: 'ad-events', rate: (rates) => rates.ad_changes, label: true },
  { from: 'ad-events', to: 'project', rate: (rates) => rates.ad_changes },
  { from: 'project', to: 'ads', rate: (rates) => rates.ad_changes, label: true },
  { from: 'ads', to: 'query-ads', rate: (rates) => rates.ad_reads, label: true },
];

/** The pipeline as it runs: flows as thick as their rate, moving while anything flows. */
export function createPicture(place: HTMLElement, text: HTMLElement): { show(stats: Stats): void } {
  const notes = new Map<Node, SVGTextElement>();
  const lines = new Map<Flow, { path: SVGPathElement; label: SVGTextElement }>();
  const drawing = svg('svg', {
    viewBox: `0 0 ${size.width} ${size.height}`,
    class: 'picture',
    'aria-hidden': 'true',
  });
  drawing.append(
    svg('text', { x: third + box.width / 2, y: titles, class: 'lane-title' }, 'logs'),
    svg('text', { x: fifth + box.width / 2, y: titles, class: 'lane-title' }, 'tables'),
    svg('text', { x: sixth + box.width / 2, y: titles, class: 'lane-title' }, 'answers'),
  );
  drawing.append(givenUp('aggregate'), givenUp('project'));
  for (const flow of flows) {
    const { path, label } = drawFlow(flow);
    lines.set(flow, { path, label });
    drawing.append(path, label);
  }
  for (const node of nodes) {
    const note = svg('text', { x: node.x + box.width / 2, y: node.y + 36, class: 'note' });
    notes.set(node, note);
    drawing.append(drawBox(node), note);
  }
  place.append(drawing);
  return {
    show(stats) {
      for (const [node, note] of notes) setText(note, node.note?.(stats) ?? '');
      for (const [{ rate: of, label: labelled }, { path, label }] of lines) {
        const flow = of(stats.rates);
        path.style.strokeWidth = String(widthOf(flow));
        path.classList.toggle('flowing', flow > 0);
        setText(label, labelled === true && flow > 0 ? `${rate(flow)}/s` : '');
      }
      setText(text, describe(stats));
    },
  };
}

/** From 1.5 to 12, by the number of digits: flows differ by factors of thousands. */
function widthOf(perSecond: number): number {
  return perSecond <= 0 ? 1.5 : Math.min(12, 2 + 2 * Math.log10(1 + perSecond));
}

function find(id: string): Node {
  const found = nodes.find((node) => node.id === id);
  if (found === undefined) throw new Error(`no node ${id}`);
  return found;
}

function drawBox({ title, kind, x, y, note }: Node): SVGGElement {
  const shape = {
    x,
    y,
    width: box.width,
    height: box.height,
    rx: kind === 'store' ? 4 : 10,
    class: `node ${kind}`,
  };
  const titleY = y + (note === undefined ? 28 : 20);
  return svg(
    'g',
    {},
    svg('rect', shape),
    svg('text', { x: x + box.width / 2, y: titleY, class: 'title' }, title),
  );
}

function drawFlow({ from, to }: Flow): { path: SVGPathElement; label: SVGTextElement } {
  const [a, b] = [find(from), find(to)];
  const [x1, y1, x2, y2] = [a.x + box.width, a.y + box.height / 2, b.x, b.y + box.height / 2];
  const bend = (x2 - x1) / 2;
  const path = svg('path', {
    d: `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`,
    class: 'flow',
  });
  const label = svg('text', { x: (x1 + x2) / 2, y: Math.min(y1, y2) - 12, class: 'rate' });
  return { path, label };
}

function givenUp(from: string): SVGPathElement {
  const [a, b] = [find(from), find('quarantine')];
  const [x1, y1] = [a.x + box.width * 0.8, a.y + box.height];
  const [x2, y2] = [b.x, b.y + box.height / 2 + (from === 'aggregate' ? -8 : 8)];
  return svg('path', { d: `M${x1} ${y1} C${x1} ${y2} ${x1 + 20} ${y2} ${x2} ${y2}`, class: 'given-up' });
}

function describe({ rates, streams, totals }: Stats): string {
  const waiting = streams.map(
    ({ stream, records_behind: records }) => `${stream} ${orUnknown(records)} behind`,
  );
  return `${rate(rates.requests)} requests a second; ${rate(rates.accepted)} increments accepted and ${rate(rates.counted)} counted a second; ${rate(rates.ad_changes)} changes and ${rate(rates.ad_reads)} reads of ads a second; ${waiting.join(', ')}; ${count(totals.quarantined)} given up.`;
}
