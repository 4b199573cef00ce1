/** One of the 53 kinds of fault that this pipeline can meet (docs/simulation.md). */
export interface FaultKind {
  readonly number: number;
  readonly name: string;
  readonly where: 'ingest' | 'log' | 'delivery' | 'state' | 'schedule';
  /** How it is made, or why it cannot happen to this design. */
  readonly how: string;
  /** Least and largest chance per occasion, or times a minute; absent: it cannot happen. */
  readonly rate?: readonly [number, number];
}

const chance = (least: number, most: number): readonly [number, number] => [least, most];
const perMinute = chance;

const ingest = [
  { name: 'body-truncated', rate: chance(0.005, 0.1), how: 'the network cuts a body short' },
  { name: 'body-oversize', rate: chance(0.002, 0.03), how: 'a client sends a body over 256 KiB' },
  { name: 'wrong-content-type', rate: chance(0.005, 0.1), how: 'the network changes the content type' },
  {
    name: 'duplicate-request',
    rate: chance(0.01, 0.3),
    how: 'a keyed request arrives twice, at once or later',
  },
  { name: 'key-with-other-body', rate: chance(0.01, 0.2), how: 'a client uses a key for another request' },
  {
    name: 'client-gives-up',
    rate: chance(0.01, 0.3),
    how: 'request or answer is lost, or the client hangs up early; it sends again',
  },
  {
    name: 'crash-before-append',
    rate: chance(0.002, 0.05),
    how: 'an ingest container dies at a port call, before it is made',
  },
  {
    name: 'crash-after-append',
    rate: chance(0.002, 0.05),
    how: 'an ingest container dies at a port call that takes effect',
  },
  {
    name: 'cold-start',
    rate: perMinute(0.5, 10),
    how: 'containers are recycled; the next request waits for a new one',
  },
  { name: 'clock-skew', rate: chance(0.1, 1), how: 'a container is up to 5 minutes off, either way' },
  {
    name: 'clock-jumps-back',
    rate: perMinute(0.5, 10),
    how: 'the wall clock of a container jumps, mostly back',
  },
] as const;

const log = [
  {
    name: 'append-entry-throttled',
    rate: chance(0.01, 0.3),
    how: 'some entries of an append are refused; at times all, for seconds',
  },
  {
    name: 'append-entry-failed',
    rate: chance(0.01, 0.2),
    how: 'InternalFailure for an entry, which is written or is not',
  },
  { name: 'append-lost', rate: chance(0.01, 0.2), how: 'no answer, nothing written' },
  { name: 'append-unconfirmed', rate: chance(0.01, 0.2), how: 'no answer, all written' },
  {
    name: 'sdk-retry-duplicates',
    rate: chance(0.05, 0.5),
    how: "the SDK sends once (maxAttempts 1); here what a keyed request appends without an answer is written twice in the log, as the writer's own repetition would",
  },
  { name: 'append-reordered', rate: chance(0.1, 1), how: 'entries of one append land in another order' },
  {
    name: 'append-slow',
    rate: chance(0.005, 0.1),
    how: 'no answer in time, written up to two minutes later',
  },
  { name: 'shard-split', rate: perMinute(0.5, 5), how: 'a shard is split while everything runs' },
  { name: 'shard-merge', rate: perMinute(0.5, 5), how: 'two neighbours are merged' },
  { name: 'shards-doubled', rate: perMinute(0.2, 2), how: 'every open shard is split (UpdateShardCount)' },
  { name: 'hot-shard', rate: perMinute(0.5, 5), how: 'for a while one shard refuses nearly every entry' },
  {
    name: 'stream-recreated',
    rate: perMinute(0.2, 2),
    how: 'a new epoch of `increments`, numbers from the beginning; old containers still append to the old one',
  },
  {
    name: 'retention-expiry',
    rate: chance(0.3, 1),
    how: 'a retention of an hour instead of seven days, hours of pause, and what is past it is dropped',
  },
] as const;

const delivery = [
  {
    name: 'batch-twice',
    rate: chance(0.02, 0.3),
    how: 'the same batch is delivered again after it was settled',
  },
  { name: 'batch-concurrent', rate: chance(0.02, 0.3), how: 'the same batch goes to two containers at once' },
  {
    name: 'zombie',
    rate: chance(0.02, 0.2),
    how: 'the poller loses the invocation, which goes on beside its retry',
  },
  {
    name: 'batch-recut',
    rate: chance(0.05, 0.5),
    how: 'reads are cut short at random; mappings come back with other batch settings',
  },
  {
    name: 'bisect',
    rate: chance(0.02, 0.2),
    how: 'an answer becomes a thrown error, so the batch is halved',
  },
  {
    name: 'partial-response-ignored',
    rate: chance(0.2, 1),
    how: 'an answer that names a record counts as failed whole',
  },
  {
    name: 'malformed-response',
    rate: chance(0.01, 0.2),
    how: 'the answer cannot be read, or names a record not in the batch',
  },
  { name: 'function-throttled', rate: chance(0.02, 0.4), how: 'the function is not invoked at all' },
  { name: 'timeout', rate: chance(0.01, 0.1), how: 'the function is killed at a random point of its time' },
  {
    name: 'out-of-memory',
    rate: chance(0.002, 0.05),
    how: 'a consumer dies at a port call, before it or after, or of one record whenever it counts it',
  },
  {
    name: 'stale-checkpoint',
    rate: perMinute(0.5, 5),
    how: 'the poller dies; its successor begins at an older checkpoint',
  },
  {
    name: 'destination-duplicated',
    rate: chance(0.3, 1),
    how: 'records too old go to the failure destination twice, or it fails; a lost one is a lost S3 object, which is not modelled',
  },
  {
    name: 'late-redrive',
    rate: perMinute(1, 6),
    how: 'operators redrive the whole quarantine, again and again, also two at once',
  },
  { name: 'filter-drops', how: 'cannot happen: no mapping has a filter' },
  { name: 'empty-batch', rate: chance(0.01, 0.1), how: 'the function is invoked with no record' },
  {
    name: 'payload-cut',
    rate: chance(0.05, 0.3),
    how: 'garbage of up to a megabyte a record makes batches reach 6 MB',
  },
] as const;

const state = [
  {
    name: 'condition-failed',
    rate: chance(0.005, 0.1),
    how: "a write is made twice by the store's client, and the second answer is given",
  },
  { name: 'write-answer-lost', rate: chance(0.005, 0.1), how: 'applied, and an error instead of the answer' },
  { name: 'write-late', rate: chance(0.002, 0.05), how: 'an error now, applied up to two minutes later' },
  { name: 'state-throttled', rate: chance(0.01, 0.2), how: 'refused, nothing written' },
  { name: 'transaction-conflict', rate: chance(0.01, 0.2), how: 'a transaction is refused for a conflict' },
  {
    name: 'state-server-error',
    rate: chance(0.005, 0.1),
    how: 'an error, nothing done; at times for everybody and for minutes',
  },
  {
    name: 'stale-read',
    how: 'cannot happen: the port promises strongly consistent reads, and the adapter asks for them',
  },
  {
    name: 'item-too-large',
    rate: chance(0.003, 0.03),
    how: 'keyed batches of 500 long keys whose answer would not fit an item',
  },
  {
    name: 'ttl-late',
    rate: chance(0.2, 1),
    how: "expired items go up to 48 h late; early is against the store's promise",
  },
] as const;

const schedule = [
  { name: 'schedule-unreliable', rate: chance(0.1, 1), how: 'a schedule fires late, twice or never' },
  {
    name: 'schedule-call-failed',
    rate: chance(0.02, 0.4),
    how: 'a call of the Scheduler fails, done or not',
  },
  {
    name: 'stale-container',
    rate: chance(0.01, 0.2),
    how: 'a reader dies in a refresh, containers are frozen between requests with their timers, and a stampede starts many at once',
  },
] as const;

/** At the end, so that the seeds of older regressions still draw what they drew. */
const added = [
  {
    name: 'keys-ignored',
    where: 'log',
    rate: perMinute(0.5, 5),
    how: 'AUTO distribution for a while: a key is on every shard, and other producers give none',
  },
] as const;

const groups = { ingest, log, delivery, state, schedule } as const;

export type FaultName = (typeof groups)[keyof typeof groups][number]['name'] | (typeof added)[number]['name'];

/** All 53, numbered as in the list of kinds. */
export const faultKinds: readonly (FaultKind & { readonly name: FaultName })[] = Object.entries(groups)
  .flatMap<Omit<FaultKind, 'number'> & { readonly name: FaultName }>(([where, kinds]) =>
    kinds.map((kind) => ({ ...kind, where: where as FaultKind['where'] })),
  )
  .concat(added)
  .map((kind, index) => ({ ...kind, number: index + 1 }));
