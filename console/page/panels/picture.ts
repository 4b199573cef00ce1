import type { Stats } from '../api.ts';
import { setText, svg } from '../dom.ts';
import { rate } from '../format.ts';
import { drawLanes } from './picture-lanes.ts';
import {
  boxWidth,
  columnTitles,
  describe,
  flows,
  heightOf,
  nodes,
  size,
  type Flow,
  type Node,
} from './picture-plan.ts';

interface DrawnNode {
  readonly notes: readonly SVGTextElement[];
  readonly lanes: SVGGElement;
}

/** The pipeline as it runs: flows as thick as their rate, moving while anything flows; logs with their lanes. */
export function createPicture(place: HTMLElement, text: HTMLElement): { show(stats: Stats): void } {
  const boxes = new Map<Node, DrawnNode>();
  const lines = new Map<Flow, { path: SVGPathElement; label: SVGTextElement }>();
  const drawing = svg('svg', {
    viewBox: `0 0 ${size.width} ${size.height}`,
    class: 'picture',
    'aria-hidden': 'true',
  });
  for (const { x, title } of columnTitles)
    drawing.append(svg('text', { x: x + boxWidth / 2, y: 16, class: 'lane-title' }, title));
  drawing.append(givenUp('aggregate'), givenUp('project'));
  for (const flow of flows) {
    const { path, label } = drawFlow(flow);
    lines.set(flow, { path, label });
    drawing.append(path, label);
  }
  for (const node of nodes) boxes.set(node, drawBox(node, drawing));
  place.append(drawing);
  return {
    show(stats) {
      for (const [node, box] of boxes) showNode(node, box, stats);
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

function showNode(node: Node, { notes, lanes }: DrawnNode, stats: Stats): void {
  const texts = node.notes?.(stats) ?? [];
  for (const [i, note] of notes.entries()) setText(note, texts[i] ?? '');
  const stream = stats.streams.find((one) => one.stream === node.stream);
  if (stream !== undefined)
    lanes.replaceChildren(drawLanes(stream, node.x + boxWidth / 2, node.y - heightOf(node) / 2 + 27));
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

function drawBox(node: Node, drawing: SVGSVGElement): DrawnNode {
  const { title, kind, x, y, stream } = node;
  const [height, middle] = [heightOf(node), x + boxWidth / 2];
  const top = y - height / 2;
  const rx = kind === 'store' ? 4 : 10;
  const [titleY, noteYs] =
    stream !== undefined ? [18, [56, 72]] : node.notes === undefined ? [28, []] : [20, [36]];
  const notes = noteYs.map((noteY) => svg('text', { x: middle, y: top + noteY, class: 'note' }));
  const lanes = svg('g');
  drawing.append(
    svg('rect', { x, y: top, width: boxWidth, height, rx, class: `node ${kind}` }),
    svg('text', { x: middle, y: top + titleY, class: 'title' }, title),
    ...notes,
    lanes,
  );
  return { notes, lanes };
}

function drawFlow({ from, to }: Flow): { path: SVGPathElement; label: SVGTextElement } {
  const [a, b] = [find(from), find(to)];
  const [x1, x2] = [a.x + boxWidth, b.x];
  const bend = (x2 - x1) / 2;
  const path = svg('path', {
    d: `M${x1} ${a.y} C${x1 + bend} ${a.y} ${x2 - bend} ${b.y} ${x2} ${b.y}`,
    class: 'flow',
  });
  const label = svg('text', { x: (x1 + x2) / 2, y: Math.min(a.y, b.y) - 12, class: 'rate' });
  return { path, label };
}

function givenUp(from: string): SVGPathElement {
  const [a, b] = [find(from), find('quarantine')];
  const [x1, y1] = [a.x + boxWidth * (from === 'aggregate' ? 0.9 : 0.75), a.y + heightOf(a) / 2];
  const y2 = b.y + (from === 'aggregate' ? -8 : 8);
  return svg('path', { d: `M${x1} ${y1} C${x1} ${y2} ${x1 + 20} ${y2} ${b.x} ${y2}`, class: 'given-up' });
}
