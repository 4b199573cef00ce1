import type { Stats } from '../api.ts';
import { byId, h, replace, table } from '../dom.ts';
import { bytes, count, duration, orUnknown, plural } from '../format.ts';

type Stream = Stats['streams'][number];
type Lane = NonNullable<Stream['shards']>[number]['lanes'][number];

/** Each stream with its shards and lanes: how many records wait, and for how long. */
export function showStreams({ streams }: Stats): void {
  replace(
    byId('streams-body'),
    h('div', { class: 'two' }, ...streams.map((stream) => h('div', {}, ...streamNodes(stream)))),
  );
}

function streamNodes(stream: Stream): HTMLElement[] {
  const shards = stream.shard_count === null ? 'shards on demand' : plural(stream.shard_count, 'shard');
  const facts = [
    `${shards} × ${plural(stream.lanes_per_shard, 'lane')}`,
    `${orUnknown(stream.records_behind)} records waiting`,
    `oldest ${duration(stream.oldest_age_ms)}`,
    ...(stream.log_bytes === null ? [] : [`log ${bytes(stream.log_bytes)}`]),
  ];
  const head = h(
    'p',
    { class: 'stream' },
    h('b', {}, stream.stream),
    h('span', { class: 'hint' }, `→ ${stream.consumer}`),
  );
  const text = h('p', { class: 'hint' }, facts.join(' · '));
  if (stream.shards === null) return [head, text];
  const columns = [
    { title: 'Shard' },
    { title: 'Lanes' },
    { title: 'Behind', number: true },
    { title: 'Oldest', number: true },
  ];
  const rows = stream.shards.map((shard) => [
    shard.shard_id.replace(/^shardId-0+(?=\d)/, ''),
    h('span', { class: 'lanes' }, ...shard.lanes.map(laneCell)),
    count(shard.records_behind),
    duration(shard.oldest_age_ms),
  ]);
  return [head, text, h('div', { class: 'dense' }, table(`Shards of ${stream.stream}`, columns, rows))];
}

function laneCell({ records_behind: behind, oldest_age_ms: oldest, busy }: Lane, index: number): HTMLElement {
  const words = `lane ${index + 1}: ${plural(behind, 'record')} waiting, oldest ${duration(oldest)}${busy ? ', busy' : ''}`;
  return h(
    'span',
    { class: `lane${busy ? ' busy' : ''}${behind > 0 ? ' waiting' : ''}`, title: words },
    h('span', { 'aria-hidden': 'true' }, count(behind)),
    h('span', { class: 'sr' }, words),
  );
}
