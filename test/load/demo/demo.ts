import { ProblemError } from '../../../client/index.ts';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../../lib/adapters/system/system-ids.ts';
import { Prng } from '../../support/prng.ts';
import { compare } from '../ledger/compare.ts';
import { CounterLedger } from '../ledger/counter-ledger.ts';
import { Findings } from '../ledger/findings.ts';
import { measureFreshness } from '../measure/freshness.ts';
import type { Histogram } from '../measure/histogram.ts';
import { drawAd, drawQuery, type Random } from '../workload/draws.ts';
import { openClient } from '../workload/open-client.ts';
import { isSuccess, sendCalls, type CallLoad, type CallResult } from '../workload/send-calls.ts';
import type { DemoLoad } from './options.ts';
import { format, type Progress } from '../../../lib/bulk/progress.ts';
import { rate } from './rate.ts';

export interface DemoRow {
  readonly name: string;
  readonly load: CallResult;
  /** What the server says it counted (or serves); undefined: nothing to count. */
  readonly counted: number | undefined;
  /** From sending to seeing it, microseconds. */
  readonly visible: Histogram | undefined;
}

export interface DemoResult {
  readonly rows: readonly DemoRow[];
  readonly expiry: { readonly due: number; readonly servedAtEnd: number };
  /** Counters that are not what they must be. */
  readonly wrong: readonly string[];
  /** Everything acknowledged was counted, and no more; and no ad was served past its end. */
  readonly exact: boolean;
}

const clock = systemClock;
/** The same ads and queries in every demo. */
const seed = 1;
const adConnections = 20;
const queryConnections = 50;
/** One ad in this number ends within the demo. */
const shortLived = 20;
const longLifeMs = 24 * 3_600_000;

/** Puts the load of the replaced designs' own tests on a pipeline, in phases, and compares. */
export async function runDemo(
  url: URL,
  options: DemoLoad,
  progress: Progress,
  shortLifeMs = 12_000,
): Promise<DemoResult> {
  const prng = new Prng(seed);
  const random = (): number => prng.float();
  const ads = await createAds(url, { ...options, shortLifeMs, random }, progress);
  const name = 'queries of ads';
  const queries = await load(progress, name, {
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
  const wrong = [...hot.wrong, ...many.wrong];
  const rows = [ads.row, { name, load: queries, counted: undefined, visible: undefined }, hot.row, many.row];
  return { rows, expiry, wrong, exact: wrong.length === 0 && isExact(rows, expiry) };
}

export function isExact(rows: readonly DemoRow[], expiry: DemoResult['expiry']): boolean {
  const equal = rows.every(
    ({ load: { acknowledged }, counted }) => counted === undefined || counted === acknowledged,
  );
  return equal && expiry.servedAtEnd === 0;
}

async function load(progress: Progress, name: string, calls: CallLoad): Promise<CallResult> {
  const result = await sendCalls({ ...calls, onProgress: progress.phase(name, calls.requests) });
  progress.finish(
    `${format(result.acknowledged)} of ${format(result.sent)} acknowledged, ${format(rate(result))}/s`,
  );
  return result;
}

/** Ids of the ads that end within the demo, with their ends. */
type Endings = ReadonlyMap<string, number>;

async function createAds(
  url: URL,
  options: Pick<DemoLoad, 'ads'> & { readonly shortLifeMs: number; readonly random: Random },
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
      const body = drawAd(options.random, `number ${index}`, { startAtMs: nowMs - 1000, endAtMs });
      const answer = await client.createAd({ body });
      created.add(answer.body.id);
      if (index % shortLived === 0) endings.set(answer.body.id, endAtMs);
      return answer;
    },
  });
  const visible = await adsVisible(url, created);
  const overMs = clock.nowMs();
  const over = [...endings].filter(([id, endAtMs]) => endAtMs <= overMs && !visible.has(id)).length;
  return { row: { name, load: result, counted: visible.size + over, visible: undefined }, endings };
}

/** Which of the ads can be read, each by its id. A young id is waited for by the server. */
async function adsVisible(url: URL, ids: Iterable<string>): Promise<ReadonlySet<string>> {
  const { client, close } = openClient({ url });
  const found = new Set<string>();
  for (const id of ids) {
    try {
      await client.getAd({ id });
      found.add(id);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'not-found') throw error;
    }
  }
  close();
  return found;
}

async function increments(
  url: URL,
  { connections, increments: requests, keyed }: DemoLoad,
  progress: Progress,
  name: string,
  keys: readonly string[],
): Promise<{ readonly row: DemoRow; readonly wrong: readonly string[] }> {
  const ledger = new CounterLedger(new Findings());
  const addOf = (index: number) => ({ key: keys[index % keys.length] ?? '', value: 1 });
  const working = load(progress, name, {
    url,
    connections,
    requests,
    call: (client, index) => {
      ledger.sending([addOf(index)]);
      return client.increment({ body: addOf(index) }, { keyed });
    },
    onEnd: (index, status) => {
      if (isSuccess(status)) ledger.acknowledge([addOf(index)]);
      else ledger.leaveOpen([addOf(index)]);
    },
  });
  const [result, visible] = await Promise.all([working, measureFreshness({ url }, working)]);
  const { counted, wrong } = await compare({ url }, ledger);
  return { row: { name, load: result, counted, visible }, wrong };
}

/** Waits for the last end and sees whether any of the ads is still served, by its id or in a page. */
async function awaitExpiry(url: URL, endings: Endings, progress: Progress): Promise<DemoResult['expiry']> {
  const lastMs = Math.max(0, ...endings.values());
  const startedMs = clock.nowMs();
  const onProgress = progress.phase('waiting for ads to end', Math.max(1, lastMs - startedMs));
  while (clock.nowMs() <= lastMs) {
    onProgress(clock.nowMs() - startedMs);
    await clock.sleep(Math.min(100, Math.max(1, lastMs - clock.nowMs() + 1)));
  }
  const { size: servedAtEnd } = await adsVisible(url, endings.keys());
  progress.finish(`${format(endings.size)} have ended, ${format(servedAtEnd)} of them are served`);
  return { due: endings.size, servedAtEnd };
}
