import type { Page, Route } from 'playwright-core';
import type { Stats } from '../../client/index.ts';
import type { ConsoleWorld } from './console-world.ts';

/** What a call gets: a body, or a problem with this status. */
export type Scripted = object | { readonly status: number; readonly problem: string };

export interface ScriptedConsole {
  readonly page: Page;
  /** The calls so far: `GET /api/v1/stats`. */
  readonly asked: string[];
  /** Changes what a call gets from now on. */
  readonly answer: (path: string, answer: Scripted) => void;
}

/** 2026-01-01T12:00:00Z, when every page of this kind is opened. */
export const openedMs = Date.UTC(2026, 0, 1, 12);

/**
 * The console on a clock that stands still until the test moves it, whose every call gets what the test has
 * written: so each value that it shows can be compared with data, and each pause is exact.
 */
export async function openScriptedConsole(
  world: ConsoleWorld,
  answers: Readonly<Record<string, Scripted>> = {},
  timezoneId = 'UTC',
): Promise<ScriptedConsole> {
  const page = await world.open({ timezoneId }, '/health');
  const all = new Map<string, Scripted>(Object.entries({ ...quiet, ...answers }));
  const asked: string[] = [];
  await page.clock.install({ time: openedMs - 60_000 });
  await page.clock.pauseAt(openedMs);
  await page.route('**/api/v1/**', async (route: Route) => {
    const request = route.request();
    const { pathname } = new URL(request.url());
    asked.push(`${request.method()} ${pathname}`);
    const answer = all.get(pathname) ?? { status: 404, problem: 'not-found' };
    if (!('problem' in answer)) {
      await route.fulfill({ json: answer });
      return;
    }
    const { status, problem } = answer;
    const type = `urn:adtally:problem:${problem}`;
    const json = { type, title: 'Refused', status, detail: 'Because.', errors: [] };
    await route.fulfill({ status, json, contentType: 'application/problem+json' });
  });
  await page.goto(`${world.url}/console`);
  return { page, asked, answer: (path, answer) => void all.set(path, answer) };
}

const countsOf = (requests: number) => ({
  ...{ requests, refused: requests + 1, errors: 0, accepted: requests + 2, counted: requests + 3 },
  ...{ added_at_once: 0, ad_reads: requests + 5, counter_reads: requests + 6, ad_changes: requests + 7 },
});

/** Every figure has a value that no other has. */
export const stats: Stats = {
  stage: 'test',
  at: '2026-01-01T12:00:00.000Z',
  source: 'process',
  refresh_seconds: 7,
  rates: { window_seconds: 10, ...countsOf(20), errors: 0.4, added_at_once: 300 },
  totals: {
    ...countsOf(1000),
    ...{ since: '2026-01-01T08:30:00.000Z', accepted: 12_345_678, counted: 12_340_000 },
    ...{ duplicates: 5000, quarantined: 600, in_flight: 78, redriven: 9, added_at_once: 4321 },
  },
  freshness: {
    ...{ window_seconds: 60, count: 1012, p50_ms: 12.3, p90_ms: 97, p99_ms: 1250 },
    buckets: [
      { up_to_ms: 16, count: 700 },
      { up_to_ms: 2048, count: 310 },
      { up_to_ms: null, count: 2 },
    ],
  },
  streams: [
    {
      ...{ stream: 'increments', consumer: 'aggregate-increments', shard_count: 1, lanes_per_shard: 2 },
      ...{ records_behind: 1234, oldest_age_ms: 6000, log_bytes: 1_500_000 },
      shards: [
        {
          ...{ shard_id: 'shardId-000000000012', records_behind: 1234, oldest_age_ms: 6000 },
          lanes: [
            { records_behind: 1, oldest_age_ms: 6000, busy: true },
            { records_behind: 0, oldest_age_ms: null, busy: false },
          ],
        },
      ],
    },
    {
      ...{ stream: 'ad-events', consumer: 'project-ads', shard_count: null, lanes_per_shard: 1 },
      ...{ records_behind: 0, oldest_age_ms: null, log_bytes: null, shards: null },
    },
  ],
  readers: {
    ...{ at_once: 17, catalog_version: 88, stale_served_ms: 900 },
    releases: [
      { version: '8', share: 0.9, warm_containers: 5 },
      { version: '9', share: 0.1, warm_containers: null },
    ],
    containers: [
      { name: 'first', catalog_version: 87, ads: 41, checked_ago_ms: 250 },
      { name: 'second', catalog_version: 88, ads: 42, checked_ago_ms: null },
    ],
  },
  ads: {
    ...{ live: 42, live_max: 100_000 },
    changes: { version: 5432, created: 1234, updated: 3000, deleted: 700, expired: 498 },
  },
  audit: { status: 'equal', at: '2026-07-01T11:30:00.000Z', counters: 1234, differences: 0 },
  canary: { status: 'counted', at: '2026-07-01T11:59:00.000Z' },
};

/** Nothing is in the other panels. */
const quiet: Readonly<Record<string, Scripted>> = {
  '/api/v1/stats': stats,
  '/api/v1/ads': { ads: [], next_cursor: null },
  '/api/v1/quarantine': { records: [], unreadable: [], next_cursor: null },
  '/api/v1/hot-counters': { counters: [], recent: { window_ms: 600_000, keys: [] }, all: { keys: [] } },
  '/api/v1/usage/callers': { day: '2026-01-01', callers: [], next_cursor: null },
};
