import type { Stats } from '../api.ts';
import { setText, svg } from '../dom.ts';
import { rate } from '../format.ts';
import { drawLanes } from './picture-lanes.ts';
import { tall, wide, type Layout } from './picture-layout.ts';
import { describe, flows, heightOf, nodes, type Flow, type Node } from './picture-plan.ts';

/** A picture that is drawn once and then updated. */
interface Picture {
  readonly drawing: SVGSVGElement;
  show(stats: Stats): void;
}

/** As in style.css: narrower pages have one column. */
const narrow = matchMedia('(max-width: 62rem)');

/** The running pipeline as a picture and as text: left to right, on narrow screens top to bottom. */
export function startPicture(place: HTMLElement, text: HTMLElement): { show(stats: Stats): void } {
  let last: Stats | undefined;
  let picture: Picture;
  const draw = (): void => {
    picture = drawPicture(narrow.matches ? tall : wide);
    place.replaceChildren(picture.drawing);
    if (last !== undefined) picture.show(last);
  };
  draw();
  narrow.addEventListener('change', draw);
  return {
    show(stats) {
      last = stats;
      picture.show(stats);
      setText(text, describe(stats));
    },
  };
}

/**
 * Updates the picture: the rate sets the width of a flow, which moves unless the rate is 0; logs show their
 * lanes.
 */
function drawPicture(layout: Layout): Picture {
  const drawing = svg('svg', {
    viewBox: `0 0 ${layout.width} ${layout.height}`,
    class: `picture ${layout === tall ? 'tall' : 'wide'}`,
    'aria-hidden': 'true',
  });
  for (const { x, y, text } of layout.titles)
    drawing.append(svg('text', { x, y, class: 'lane-title' }, text));
  const quarantine = find('quarantine');
  for (const id of ['aggregate', 'project'])
    drawing.append(svg('path', { d: layout.givenUp(find(id), quarantine), class: 'given-up' }));
  const showFlows = flows.map((flow) => drawFlow(flow, layout, drawing));
  const showNodes = nodes.map((node) => drawNode(node, layout, drawing));
  return {
    drawing,
    show(stats) {
      for (const show of [...showFlows, ...showNodes]) show(stats);
    },
  };
}

type Show = (stats: Stats) => void;

function drawFlow({ from, to, rate: of, label }: Flow, layout: Layout, drawing: SVGSVGElement): Show {
  const [a, b] = [find(from), find(to)];
  const path = svg('path', { d: layout.path(a, b), class: 'flow' });
  const { anchor, ...at } = layout.label(a, b);
  const text = svg('text', { ...at, class: `rate ${anchor}` });
  drawing.append(path, text);
  return ({ rates }) => {
    const flow = of(rates);
    path.style.strokeWidth = String(widthOf(flow));
    path.classList.toggle('flowing', flow > 0);
    setText(text, label === true && flow > 0 ? `${rate(flow)}/s` : '');
  };
}

function drawNode(node: Node, layout: Layout, drawing: SVGSVGElement): Show {
  const { title, kind, stream: name } = node;
  const { x, y } = layout.at(node);
  const [height, middle] = [heightOf(node), x + layout.boxWidth / 2];
  const top = y - height / 2;
  const rx = kind === 'store' ? 4 : 10;
  const [titleY, noteYs] =
    name !== undefined ? [18, [56, 72]] : node.notes === undefined ? [28, []] : [20, [36]];
  const notes = noteYs.map((noteY) => svg('text', { x: middle, y: top + noteY, class: 'note' }));
  const lanes = svg('g');
  drawing.append(
    svg('rect', { x, y: top, width: layout.boxWidth, height, rx, class: `node ${kind}` }),
    svg('text', { x: middle, y: top + titleY, class: 'title' }, title),
    ...notes,
    lanes,
  );
  return (stats) => {
    const texts = node.notes?.(stats) ?? [];
    for (const [i, note] of notes.entries()) setText(note, texts[i] ?? '');
    const stream = stats.streams.find((one) => one.stream === name);
    if (stream !== undefined) lanes.replaceChildren(drawLanes(stream, middle, top + 27));
  };
}

/** 1.5 to 12 on a logarithmic scale, because rates differ by factors of thousands. */
function widthOf(perSecond: number): number {
  return perSecond <= 0 ? 1.5 : Math.min(12, 2 + 2 * Math.log10(1 + perSecond));
}

function find(id: string): Node {
  const found = nodes.find((node) => node.id === id);
  if (found === undefined) throw new Error(`no node ${id}`);
  return found;
}
