import { systemClock } from '../../adapters/system/system-clock.ts';
import { systemIds } from '../../adapters/system/system-ids.ts';
import { createClient, ProblemError } from '../../../client/index.ts';
import { createConnectionFetch } from './connection-fetch.ts';
import { readCounted } from './counted.ts';
import type { DemoOptions } from './demo-options.ts';
import { measureFreshness } from './freshness.ts';
import { drawAd, drawQuery } from './go-load.ts';
import { percentile, runLoad, type LoadOptions, type LoadResult } from './load.ts';
import type { Progress } from './progress.ts';

export interface DemoRow {
  readonly name: string;
  readonly load: LoadResult;
  /** What the server says it counted (or serves); undefined: nothing to count. */
  readonly counted: number | undefined;
  /** From sending to seeing it, sorted, milliseconds. */
  readonly visibleMs: Float64Array | undefined;
}

export interface DemoResult {
  readonly rows: readonly DemoRow[];
  readonly expiry: { readonly due: number; readonly servedAtEnd: number };
  /** Everything acknowledged was counted, and no more; and no ad was served past its end. */
  readonly exact: boolean;
}

const clock = systemClock;
const random = (): number => systemIds.random();
const adConnections = 20;
const queryConnections = 50;
const countedWithinMsMax = 30_000;
/** One ad in so many ends within the demo. */
const shortLived = 20;
const longLifeMs = 24 * 3_600_000;

/** Puts the load of the replaced designs' own tests on a pipeline, in phases, and compares. */
export async function runDemo(
  url: URL,
  options: Omit<DemoOptions, 'folder'>,
  progress: Progress,
  shortLifeMs = 12_000,
): Promise<DemoResult> {
  const ads = await createAds(url, { ...options, shortLifeMs }, progress);
  const queries = await load(progress, 'questions for ads', {
    url,
    connections: queryConnections,
    requests: options.queries,
    call: (client) => client.queryAds(drawQuery(random)),
  });
  const hotKey = systemIds.uuidv7(clock.nowMs());
  const hot = await increments(url, options, progress, 'increments of one key', [hotKey]);
  const manyKeys = Array.from({ length: options.keys }, () => systemIds.uuidv7(clock.nowMs()));
  const many = await increments(url, options, progress, `increments of ${options.keys} keys`, manyKeys);
  const expiry = await awaitExpiry(url, ads.endings, progress);
  const rows = [
    ads.row,
    { name: 'questions for ads', load: queries, counted: undefined, visibleMs: undefined },
    hot,
    many,
  ];
  return { rows, expiry, exact: isExact(rows, expiry) };
}

export function isExact(rows: readonly DemoRow[], expiry: DemoResult['expiry']): boolean {
  const equal = rows.every(
    ({ load: { acknowledged }, counted }) => counted === undefined || counted === acknowledged,
  );
  return equal && expiry.servedAtEnd === 0;
}

async function load(
  progress: Progress,
  name: string,
  options: Omit<LoadOptions, 'clock' | 'onProgress'>,
): Promise<LoadResult> {
  const onProgress = progress.phase(name, options.requests);
  const result = await runLoad({ ...options, clock, onProgress });
  progress.finish(
    `${format(result.acknowledged)} of ${format(result.sent)} acknowledged, ${format(rate(result))}/s`,
  );
  return result;
}

export function rate({ sent, durationMs }: LoadResult): number {
  return Math.round((sent / durationMs) * 1000);
}

export function format(number: number): string {
  return number.toLocaleString('en');
}

/** Ids of the ads that end within the demo, with their ends. */
type Endings = ReadonlyMap<string, number>;

async function createAds(
  url: URL,
  options: Pick<DemoOptions, 'ads'> & { readonly shortLifeMs: number },
  progress: Progress,
): Promise<{ row: DemoRow; endings: Endings }> {
  const endings = new Map<string, number>();
  const created = new Set<string>();
  const name = 'ads created';
  const result = await load(progress, name, {
    url,
    connections: adConnections,
    requests: options.ads,
    call: async (client, index) => {
      const nowMs = clock.nowMs();
      const endAtMs = index % shortLived === 0 ? nowMs + options.shortLifeMs : nowMs + longLifeMs + index;
      const body = drawAd(random, `number ${index}`, { startAtMs: nowMs - 1000, endAtMs });
      const answer = await client.createAd({ body });
      created.add(answer.body.id);
      if (index % shortLived === 0) endings.set(answer.body.id, endAtMs);
      return answer;
    },
  });
  const visible = await adsVisible(url, created);
  const overMs = clock.nowMs();
  const over = [...endings].filter(([id, endAtMs]) => endAtMs <= overMs && !visible.has(id)).length;
  return { row: { name, load: result, counted: visible.size + over, visibleMs: undefined }, endings };
}

/** Which of the ads can be read, each by its id. A young id is waited for by the server. */
async function adsVisible(url: URL, ids: Iterable<string>): Promise<ReadonlySet<string>> {
  const transport = createConnectionFetch(url, 1);
  const client = createClient({ baseUrl: url.origin, deps: { fetch: transport.fetch } });
  const found = new Set<string>();
  for (const id of ids) {
    try {
      await client.getAd({ id });
      found.add(id);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'not-found') throw error;
    }
  }
  transport.close();
  return found;
}

async function increments(
  url: URL,
  options: Omit<DemoOptions, 'folder'>,
  progress: Progress,
  name: string,
  keys: readonly string[],
): Promise<DemoRow> {
  const working = load(progress, name, {
    url,
    connections: options.connections,
    requests: options.increments,
    call: (client, index) =>
      client.increment(
        { body: { key: keys[index % keys.length] ?? '', value: 1 } },
        { keyed: options.keyed },
      ),
  });
  const probeKey = systemIds.uuidv7(clock.nowMs());
  const [result, visibleMs] = await Promise.all([
    working,
    measureFreshness({ url, clock, key: probeKey }, working),
  ]);
  const used = keys.slice(0, options.increments);
  const counted = await readCounted({ url, clock }, used, result.acknowledged, countedWithinMsMax);
  return { name, load: result, counted: counted.total, visibleMs };
}

/** Waits for the last end and sees whether any of the ads is still served, by its id or in a page. */
async function awaitExpiry(url: URL, endings: Endings, progress: Progress): Promise<DemoResult['expiry']> {
  const lastMs = Math.max(0, ...endings.values());
  const startedMs = clock.nowMs();
  const tell = progress.phase('waiting for ads to end', Math.max(1, lastMs - startedMs));
  while (clock.nowMs() <= lastMs) {
    tell(clock.nowMs() - startedMs);
    await clock.sleep(Math.min(100, Math.max(1, lastMs - clock.nowMs() + 1)));
  }
  const { size: servedAtEnd } = await adsVisible(url, endings.keys());
  progress.finish(`${format(endings.size)} have ended, ${format(servedAtEnd)} of them are served`);
  return { due: endings.size, servedAtEnd };
}

export function percentiles(sorted: Float64Array): string {
  return `${percentile(sorted, 0.5).toFixed(1)} / ${percentile(sorted, 0.99).toFixed(1)}`;
}
