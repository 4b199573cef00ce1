/** Fields of a log line. Ad content and counter keys are user data: they never go in. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Logs and metrics. No method throws or blocks; a lost line is not an error of the caller. */
export interface Telemetry {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Adds to a counter metric. */
  count(metric: Metric, by?: number): void;
  /** One observation of a distribution, in the unit its name ends with. */
  observe(metric: Metric, value: number): void;
}

/** Every metric name, used by those who write and those who read it. */
export const metrics = {
  incrementsAccepted: 'increments_accepted',
  incrementsCounted: 'increments_counted',
  incrementsSync: 'increments_sync',
  incrementsDuplicate: 'increments_duplicate',
  recordsQuarantined: 'records_quarantined',
  recordsRedriven: 'records_redriven',
  countersCreated: 'counters_created',
  counterNotFound: 'counter_not_found',
  countFreshnessMs: 'count_freshness_ms',
  marksOverLimit: 'marks_over_limit',
  stateRetries: 'state_retries',
  adEventsApplied: 'ad_events_applied',
  adEventsRefused: 'ad_events_refused',
  fenceLost: 'fence_lost',
  snapshotsWritten: 'snapshots_written',
  snapshotBytes: 'snapshot_bytes',
  snapshotCorrupt: 'snapshot_corrupt',
  scheduleFailed: 'schedule_failed',
  adsSwept: 'ads_swept',
  catalogVersion: 'catalog_version',
  catalogReloads: 'catalog_reloads',
  catalogStaleServed: 'catalog_stale_served',
  requests: 'requests',
  requestMs: 'request_ms',
  requestErrors: 'request_errors',
  rateLimited: 'rate_limited',
  appendRefused: 'append_refused',
  appendUnknown: 'append_unknown',
} as const;

export type Metric = (typeof metrics)[keyof typeof metrics];
