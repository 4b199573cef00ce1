/**
 * Goals: what one hot key costs its callers, 1 to 200 of them: `mode=sync`, which writes the counter's item at
 * each call, against the log, whose consumer adds up a batch. In one run and in turns, on a store in memory, on
 * LMDB and on DynamoDB Local, with the minutes that `npm start` keeps. Counters must be what was acknowledged.
 * Non-goals: HTTP; the speed of DynamoDB (its emulator is one process behind one lock, and the log is then in
 * memory); many keys (key-growth).
 *
 *   node test/bench/main.ts contention
 *   node test/bench/curves.ts contention    writes the table and the curves of docs/performance.md
 */
import { createAggregateIncrements } from '../../functions/aggregate-increments/aggregate-increments.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { createIncrementWriter, type IncrementWriter } from '../../lib/app/counters/increment-writer.ts';
import { unkeyedIdentity } from '../../lib/app/request-identity.ts';
import { counterKey } from '../../lib/app/state-keys.ts';
import { createEventSourceMapping } from '../../lib/embedded/delivery/event-source-mapping.ts';
import { createLambdaContexts } from '../../lib/embedded/http/lambda-context.ts';
import { isPortError } from '../../lib/ports/port-error.ts';
import { stageSettings } from '../../lib/stages.ts';
import { Prng } from '../support/prng.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { openContentionStores, type ContentionStores } from './contention-stores.ts';
import { quantile, ResultHash, type BenchContext, type Benchmark } from './harness.ts';

export const contentionBench: Benchmark = {
  name: 'contention',
  run: async (context) => {
    for (const open of openContentionStores(context)) await measure(context, await open());
  },
};

/** How an increment is written. */
const modes = ['sync', 'log'] as const;
type Mode = (typeof modes)[number];

/** Each mode runs for so long with each number of callers; when quick, each caller makes so many calls. */
const runMs = 1500;
const quickCalls = 3;
/** The first run of each mode is not reported: code is compiled, connections are opened. */
const warmCallers = 20;

const local = stageSettings('local');
const settings: typeof local = { ...local, counters: { ...local.counters, topKeysSaveMs: 0 } };

async function measure(context: BenchContext, stores: ContentionStores): Promise<void> {
  const ports = {
    ...{ state: stores.state, increments: stores.log, quarantine: stores.quarantine },
    ...{ clock: systemClock, ids: systemIds, telemetry: nullTelemetry, settings },
  };
  const writer = createIncrementWriter(ports);
  const aggregate = createAggregateIncrements(ports);
  const contextOf = createLambdaContexts(ports, settings);
  const mapping = createEventSourceMapping({
    consumer: 'aggregate-increments',
    settings: settings.deliveries['aggregate-increments'],
    streamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-bench-increments.1',
    reader: stores.log,
    invoke: (event) => aggregate(event, contextOf('aggregate-increments')),
    onFailure: () => Promise.reject(new Error('nothing is too old here')),
    clock: systemClock,
    telemetry: nullTelemetry,
    functionTimeoutMs: 60_000,
  });
  mapping.start();
  try {
    const prng = new Prng(context.seed);
    if (!context.quick) {
      for (const mode of modes) {
        const load = { key: `warm-${mode}`, mode, callers: warmCallers, prng, quick: false };
        await callInTurns(writer, load, () => mapping.idle());
      }
    }
    for (const callers of context.quick ? [1, 8] : [1, 2, 5, 10, 20, 50, 100, 200]) {
      for (const mode of modes) {
        const key = `hot-${mode}-${callers}`;
        const load = { key, mode, callers, prng, quick: context.quick };
        const run = await callInTurns(writer, load, () => mapping.idle());
        const item = await stores.state.get(counterKey(key));
        const total = (item?.['total'] ?? 0n) as bigint;
        const most = run.acknowledged + run.uncertain;
        if (total < run.acknowledged || total > most)
          throw new Error(`${key} ${stores.where} is ${total}; acknowledged ${run.acknowledged} to ${most}`);
        report(context, { where: stores.where, mode, callers, total, run });
      }
    }
  } finally {
    await mapping.stop();
    await stores.close();
  }
}

interface HotLoad {
  readonly key: string;
  readonly mode: Mode;
  readonly callers: number;
  readonly prng: Prng;
  readonly quick: boolean;
}

interface HotRun {
  /** Sums of values. */
  readonly acknowledged: bigint;
  readonly uncertain: bigint;
  readonly calls: number;
  readonly refused: number;
  readonly latenciesMs: readonly number[];
  /** Until the last answer, and until all that was acknowledged is in the total. */
  readonly answeredMs: number;
  readonly countedMs: number;
}

/** So many callers, each with a call at a time, as soon as it is answered the next. */
async function callInTurns(
  writer: IncrementWriter,
  { key, mode, callers, prng, quick }: HotLoad,
  counted: () => Promise<void>,
): Promise<HotRun> {
  const latenciesMs: number[] = [];
  let [acknowledged, uncertain, refused] = [0n, 0n, 0];
  const startMs = performance.now();
  const isOver = (calls: number): boolean =>
    quick ? calls >= quickCalls : performance.now() - startMs >= runMs;
  const caller = async (): Promise<void> => {
    for (let calls = 0; !isOver(calls); calls += 1) {
      const value = prng.int(1, 99);
      const sentMs = performance.now();
      const isAcknowledged = await callOnce(writer, mode, { key, value });
      latenciesMs.push(performance.now() - sentMs);
      if (isAcknowledged) acknowledged += BigInt(value);
      else {
        refused += 1;
        uncertain += BigInt(value);
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const answeredMs = performance.now() - startMs;
  if (mode === 'log') await counted();
  const countedMs = performance.now() - startMs;
  const calls = latenciesMs.length;
  return { acknowledged, uncertain, calls, refused, latenciesMs, answeredMs, countedMs };
}

/** Whether it was acknowledged; an error of the store after all retries is what a caller gets as 503. */
async function callOnce(
  writer: IncrementWriter,
  mode: Mode,
  increment: { readonly key: string; readonly value: number },
): Promise<boolean> {
  const identity = unkeyedIdentity({ ids: systemIds, clock: systemClock });
  try {
    if (mode === 'log') return (await writer.append([increment], { identity })).status === 'accepted';
    await writer.addSync(increment, { identity });
    return true;
  } catch (error) {
    if (isPortError(error)) return false;
    throw error;
  }
}

interface Reported {
  readonly where: string;
  readonly mode: Mode;
  readonly callers: number;
  readonly total: bigint;
  readonly run: HotRun;
}

function report(context: BenchContext, { where, mode, callers, total, run }: Reported): void {
  const { calls, refused, latenciesMs, countedMs } = run;
  const hash = new ResultHash();
  hash.addText(`${total}`);
  const conditions = { callers, calls, refused, counted: 'what was acknowledged', hash: hash.hex };
  const name = `one hot key, ${where}, ${mode}, ${callers} ${callers === 1 ? 'caller' : 'callers'}`;
  const perSecond = ((calls - refused) * 1000) / countedMs;
  context.report({ name: `${name}: counted`, value: perSecond, unit: 'increments/s', conditions });
  for (const [what, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const value = quantile(latenciesMs, share);
    context.report({ name: `${name}: answer, ${what}`, value, unit: `ms ${what}`, conditions });
  }
}
