import type { Stats } from '../api.ts';
import { svg } from '../dom.ts';

type Stream = Stats['streams'][number];

/** More would be too small to see; the streams' own panel has them all. */
const cellsMax = 32;
const cell = { width: 13, height: 12, gap: 2, shardGap: 6 };
/** Waiting for so long is not the ordinary wait for a batch. */
const lateMs = 5000;

/** A square for each lane, those of a shard side by side: empty, waiting, late; framed while its consumer is busy. */
export function drawLanes({ shards }: Pick<Stream, 'shards'>, middleX: number, y: number): SVGGElement {
  const group = svg('g');
  if (shards === null) return group;
  const cells = shards.flatMap((shard, s) => shard.lanes.map((lane) => ({ lane, s }))).slice(0, cellsMax);
  const drawn = new Set(cells.map(({ s }) => s)).size;
  const natural = cells.length * (cell.width + cell.gap) + (drawn - 1) * cell.shardGap - cell.gap;
  const scale = Math.min(1, 144 / natural);
  for (const [i, { lane, s }] of cells.entries()) {
    const late = (lane.oldest_age_ms ?? 0) > lateMs;
    const load = late ? ' late' : lane.records_behind > 0 ? ' waiting' : '';
    group.append(
      svg('rect', {
        ...{ x: middleX + (i * (cell.width + cell.gap) + s * cell.shardGap - natural / 2) * scale, y },
        ...{ width: cell.width * scale, height: cell.height, rx: 2 },
        class: `cell${load}${lane.busy ? ' busy' : ''}`,
      }),
    );
  }
  return group;
}
