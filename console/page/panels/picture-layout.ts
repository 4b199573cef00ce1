import { heightOf, type Node } from './picture-plan.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The positions of the boxes and of the flows between them. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxWidth: number;
  /** The left side of a box and its vertical middle. */
  at(node: Node): Point;
  /** The line of a flow. */
  path(from: Node, to: Node): string;
  /** The position of the text for a flow's rate, and its side. */
  label(from: Node, to: Node): Point & { readonly anchor: 'start' | 'middle' | 'end' };
  /** The line to the quarantine. */
  givenUp(from: Node, quarantine: Node): string;
  readonly titles: readonly (Point & { readonly text: string })[];
}

const wideBox = 164;
const wideX = [2, 216, 430, 644, 858, 1074] as const;
const wideY = { increments: 74, both: 126, ads: 178, last: 266 } as const;

/** Left to right: increments above, ads below. */
export const wide: Layout = {
  width: 1240,
  height: 296,
  boxWidth: wideBox,
  at: ({ step, row }) => ({ x: wideX[step], y: wideY[row] }),
  path(from, to) {
    const [a, b] = [wide.at(from), wide.at(to)];
    const start = a.x + wideBox;
    const bend = (start + b.x) / 2;
    return `M${start} ${a.y} C${bend} ${a.y} ${bend} ${b.y} ${b.x} ${b.y}`;
  },
  label(from, to) {
    const [a, b] = [wide.at(from), wide.at(to)];
    return { x: (a.x + wideBox + b.x) / 2, y: Math.min(a.y, b.y) - 12, anchor: 'middle' };
  },
  givenUp(from, quarantine) {
    const [a, b] = [wide.at(from), wide.at(quarantine)];
    const isUpper = from.row === 'increments';
    const [x, top] = [a.x + wideBox * (isUpper ? 0.9 : 0.75), a.y + heightOf(from) / 2];
    const y = b.y + (isUpper ? -8 : 8);
    return `M${x} ${top} C${x} ${y} ${x + 20} ${y} ${b.x} ${y}`;
  },
  titles: (
    [
      [2, 'logs'],
      [4, 'tables'],
      [5, 'answers'],
    ] as const
  ).map(([step, text]) => ({
    ...{ x: wideX[step] + wideBox / 2, y: 16, text },
  })),
};

const tallBox = 148;
const tallX = { increments: 1, both: 82, ads: 163, last: 82 } as const;
const tallY = [24, 92, 180, 268, 334, 400] as const;
const tallLastY = 466;

/** Top to bottom, for phones: increments on the left, ads on the right. */
export const tall: Layout = {
  width: 312,
  height: 490,
  boxWidth: tallBox,
  at: ({ step, row }) => ({ x: tallX[row], y: row === 'last' ? tallLastY : tallY[step] }),
  path(from, to) {
    const [a, b] = [tall.at(from), tall.at(to)];
    const [start, end] = [a.y + heightOf(from) / 2, b.y - heightOf(to) / 2];
    const [x1, x2] = [a.x + tallBox / 2, b.x + tallBox / 2];
    const bend = (start + end) / 2;
    return `M${x1} ${start} C${x1} ${bend} ${x2} ${bend} ${x2} ${end}`;
  },
  label(from, to) {
    const [a, b] = [tall.at(from), tall.at(to)];
    const y = (a.y + heightOf(from) / 2 + b.y - heightOf(to) / 2) / 2 + 4;
    const isLeft = to.row === 'increments';
    return { x: b.x + tallBox / 2 + (isLeft ? -10 : 10), y, anchor: isLeft ? 'end' : 'start' };
  },
  givenUp(from, quarantine) {
    const [a, b] = [tall.at(from), tall.at(quarantine)];
    const isLeft = from.row === 'increments';
    // Through the gap between the two rows of boxes.
    const [side, x] = isLeft ? [a.x + tallBox, b.x + tallBox / 2 - 3] : [a.x, b.x + tallBox / 2 + 3];
    return `M${side} ${a.y} Q${x} ${a.y} ${x} ${a.y + 8} L${x} ${b.y - heightOf(quarantine) / 2}`;
  },
  titles: [],
};
