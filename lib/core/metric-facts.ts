import type { Metric } from './metrics.ts';

export interface MetricFacts {
  /** `counter`: only grows; `gauge`: the last value; `histogram`: percentiles of all values. */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** The functions that write it; `runtime`: the process of `npm start`; none: an operator's command. */
  readonly by: readonly string[];
}

const answering = [
  'ingest-ads',
  'ingest-increments',
  'query-ads',
  'read-counters',
  'describe-api',
  'operate-quarantine',
  'read-stats',
  'decide-ads',
  'track-ads',
];
const consuming = ['aggregate-increments', 'project-ads'];
/** They follow the control item. */
const following = [
  'ingest-ads',
  'ingest-increments',
  'aggregate-increments',
  'project-ads',
  'read-counters',
  'operate-quarantine',
  'decide-ads',
];
const appending = [
  ...['ingest-ads', 'ingest-increments', 'expire-ad', 'sweep-ads', 'run-canary'],
  ...['decide-ads', 'track-ads'],
];
/** They hold the catalog. */
const reading = ['query-ads', 'decide-ads'];

const counter = (by: readonly string[], help: string): MetricFacts => ({ kind: 'counter', by, help });
const histogram = (by: readonly string[], help: string): MetricFacts => ({
  kind: 'histogram',
  by,
  help,
});
const gauge = (by: readonly string[], help: string): MetricFacts => ({ kind: 'gauge', by, help });

/**
 * What each metric measures and which functions write it. /metrics, the dashboard and the alarms read this. A
 * name ends with its unit; `/metrics` shows times in seconds (embedded/metrics/function-families.ts).
 */
export const metricFacts: Readonly<Record<Metric, MetricFacts>> = {
  increments_accepted: counter(['ingest-increments'], 'Increments written to the log'),
  increments_counted: counter(['aggregate-increments'], 'Increments from the log added to totals'),
  increments_sync: counter(['ingest-increments'], 'Increments added at once by mode=sync'),
  increments_duplicate: counter(
    ['aggregate-increments', 'ingest-increments'],
    'Increments of keyed requests that had been counted before',
  ),
  decisions: counter(['decide-ads'], 'Ads that were chosen and signed'),
  decisions_empty: counter(['decide-ads'], 'Requests for decisions that found no ad'),
  decisions_degraded: counter(
    ['decide-ads'],
    'Requests for decisions that did without ads with a goal or a frequency cap: the store failed',
  ),
  goals_behind: counter(['sweep-ads'], 'Ads that a sweep found with less than four fifths of their plan'),
  goals_over: counter(['sweep-ads'], 'Ads that a sweep found with impressions that no right was leased for'),
  tracked_accepted: counter(['track-ads', 'decide-ads'], 'Impressions and clicks written to the log'),
  tracked_refused: counter(['track-ads'], 'Impressions and clicks refused: forged, or too old'),
  clicks_lost: counter(['track-ads'], 'Clicks that were redirected and may not be in the log'),
  tracked_counted: counter(['aggregate-increments'], 'Impressions and clicks counted'),
  tracked_duplicate: counter(
    ['aggregate-increments'],
    'Impressions and clicks whose decision had one of the kind before',
  ),
  tracked_late: counter(
    ['aggregate-increments'],
    'Impressions not counted because the goal of their ad had changed, or their epoch was closed',
  ),
  tracked_invalid: counter(
    ['aggregate-increments'],
    'Impressions and clicks of bots, of pages fetched ahead, and without a user agent',
  ),
  records_quarantined: counter(consuming, 'Records that could not be processed and are in the quarantine'),
  records_redriven: counter(['operate-quarantine'], 'Quarantined records settled by a redrive'),
  audit_differences: counter(
    ['audit-counters'],
    'Counters whose total an audit found to differ from the log',
  ),
  audit_unfinished: counter(['audit-counters'], 'Audits that ran out of time or could not run'),
  archive_runs: counter(
    ['archive-increments'],
    'Runs of the archiver after which the archive had all that the log had',
  ),
  archive_gaps: counter(
    ['archive-increments'],
    'Places where the log had dropped records before they were archived',
  ),
  canary_runs: counter(['run-canary'], 'Runs of the canary that came to a result'),
  canary_differences: counter(
    ['run-canary'],
    'Runs of the canary that found an increment lost or counted twice',
  ),
  canary_late: counter(['run-canary'], 'Runs of the canary whose increment was not counted within 10 s'),
  counters_created: counter(['aggregate-increments', 'ingest-increments'], 'Counters begun'),
  counter_not_found: counter(['read-counters'], 'Requested keys that no counter has'),
  count_freshness_ms: histogram(
    ['aggregate-increments'],
    'From the POST of an increment until it was counted; each by the oldest of its counter and batch',
  ),
  flush_ms: histogram(consuming, 'Time to settle a batch of the log'),
  flush_records: histogram(consuming, 'Records of a batch'),
  marks_over_limit: counter(consuming, 'Items with more marks than they should have, all still needed'),
  state_retries: counter(consuming, 'Writes tried again because the store failed'),
  ad_events_applied: counter(['project-ads'], 'Ad events that made a version'),
  ad_events_refused: counter(
    ['project-ads'],
    'Ad events that made no version: too late, unknown ad, lost If-Match',
  ),
  fence_lost: counter(['project-ads'], 'Commits undone because another projector had moved the head'),
  live_ads: gauge(['project-ads'], 'Ads that exist, scheduled ones too'),
  live_ad_bytes: gauge(['project-ads'], 'Bytes of the ads that exist'),
  snapshots_written: counter(['project-ads'], 'Snapshots written'),
  snapshot_bytes: gauge(['project-ads'], 'Compressed bytes of the last snapshot'),
  snapshot_corrupt: counter(['project-ads', ...reading, 'sweep-ads'], 'Snapshots that could not be used'),
  schedule_failed: counter(['project-ads'], 'Expiry schedules that could not be set or cleared'),
  ads_swept: counter(['sweep-ads'], 'Ads expired by the sweep because no schedule had'),
  catalog_version: gauge(reading, 'Version of the catalog that answers'),
  catalog_reloads: counter(reading, 'Catalogs loaded whole instead of by their changes'),
  catalog_stale_served: counter(reading, 'Answers from a catalog that could not be checked in time'),
  catalog_stale_ms: histogram(reading, 'How old those catalogs were'),
  requests: counter(answering, 'Requests answered'),
  request_ms: histogram(answering, 'Time to answer a request'),
  requests_refused: counter(answering, 'Requests answered 4xx'),
  request_errors: counter(answering, 'Requests answered 5xx'),
  rate_limited: counter(
    ['runtime'],
    'Requests answered 429 (a deployed stage leaves those to its gateway, which counts them)',
  ),
  tokens_refused: counter(['authorize-request'], 'Tokens that were unknown, revoked or malformed'),
  append_refused: counter(appending, 'Events that the log did not take, certainly'),
  append_unknown: counter(appending, 'Events that the log may or may not have taken'),
  control_version: gauge([...following, 'runtime'], 'Version of the control item that is followed'),
  hot_hint_unwritten: counter(
    ['aggregate-increments'],
    'Hints of hot counters that could not be written; a later batch tries again',
  ),
  control_unread: counter(
    [...following, 'runtime'],
    'Checks of the control item that failed, or found it not understood: the last good one stays',
  ),
};
