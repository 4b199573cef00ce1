import type { Stats } from '../api.ts';
import { svg } from '../dom.ts';
import { count } from '../format.ts';

type Stream = Stats['streams'][number];

/**
 * More lanes would be too small to see. Their number is drawn instead; the panel of streams has all of them.
 */
const cellsMax = 32;
const cell = { width: 13, height: 12, gap: 2, shardGap: 6 };
const width = 136;
/** The space for the number of lanes that are not drawn. */
const moreWidth = 30;
/** A longer wait is more than the usual wait for a batch. */
const lateMs = 5000;

/** A square per lane, grouped by shard: empty, waiting or late; framed while its consumer is busy. */
export function drawLanes({ shards }: Pick<Stream, 'shards'>, middleX: number, y: number): SVGGElement {
  const group = svg('g');
  if (shards === null) return group;
  const all = shards.flatMap((shard, s) => shard.lanes.map((lane) => ({ lane, s })));
  const cells = all.slice(0, cellsMax);
  const drawn = new Set(cells.map(({ s }) => s)).size;
  const natural = cells.length * (cell.width + cell.gap) + (drawn - 1) * cell.shardGap - cell.gap;
  const more = all.length - cells.length;
  const room = more > 0 ? width - moreWidth : width;
  const scale = Math.min(1, room / natural);
  const left = middleX - (natural * scale + width - room) / 2;
  if (more > 0)
    group.append(
      svg('text', { x: left + room + moreWidth / 2, y: y + 10, class: 'note' }, `+${count(more)}`),
    );
  for (const [i, { lane, s }] of cells.entries()) {
    const late = (lane.oldest_age_ms ?? 0) > lateMs;
    const load = late ? ' late' : lane.records_behind > 0 ? ' waiting' : '';
    group.append(
      svg('rect', {
        ...{ x: left + (i * (cell.width + cell.gap) + s * cell.shardGap) * scale, y },
        ...{ width: cell.width * scale, height: cell.height, rx: 2 },
        class: `cell${load}${lane.busy ? ' busy' : ''}`,
      }),
    );
  }
  return group;
}
