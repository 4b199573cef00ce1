import { randomUUID } from 'node:crypto';
import { ProblemError, type Client } from '../../client/index.ts';
import { formatInstant } from '../../lib/core/instant.ts';

export interface Step {
  readonly name: string;
  readonly tookMs: number;
  /** undefined: as it must be. */
  readonly wrong: string | undefined;
}

const adLifeMs = 3_600_000;
/** What is promised for an increment, twice over. */
const visibleWithinMsMax = 20_000;
const lookEveryMs = 200;
/** So many increments, of 1 each. */
const increments = 5;

export interface SmokeOptions {
  readonly client: Client;
  /** Names what this run makes; no other run has it. */
  readonly run: string;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly onStep: (step: Step) => void;
}

/**
 * Each path of a stage once, with names of its own: an ad is created, found, changed and deleted; increments are
 * counted through the log and by mode=sync, and a repeat is not. Goes on after a step that fails, and deletes its ad.
 * Resolves to the steps that are wrong.
 */
export async function runSmoke(options: SmokeOptions): Promise<readonly Step[]> {
  const { client, run, nowMs, sleep, onStep } = options;
  const failed: Step[] = [];
  const step = async (name: string, work: () => Promise<string | undefined>): Promise<void> => {
    const startedMs = nowMs();
    let wrong: string | undefined;
    try {
      wrong = await work();
    } catch (error) {
      wrong = error instanceof Error ? error.message : String(error);
    }
    const done = { name, tookMs: nowMs() - startedMs, wrong };
    if (wrong !== undefined) failed.push(done);
    onStep(done);
  };

  let id: string | undefined;
  const needsAd = (work: (id: string) => Promise<string | undefined>) => () =>
    id === undefined ? Promise.resolve('there is no ad to try it on') : work(id);
  await step('an ad is created', async () => {
    const window = { start_at: formatInstant(nowMs() - 60_000), end_at: formatInstant(nowMs() + adLifeMs) };
    const { body } = await client.createAd({ body: { title: `Smoke ${run}`, content: 'smoke', ...window } });
    id = body.id;
    return undefined;
  });
  await step(
    'it is found by its id',
    needsAd(async (known) => {
      const { body } = await client.getAd({ id: known });
      return expect(body.title, `Smoke ${run}`);
    }),
  );
  await step(
    'a question counts it',
    needsAd(async () => {
      const { body } = await client.queryAds({ limit: 1 });
      return body.total >= 1 ? undefined : 'the total is 0';
    }),
  );
  await step(
    'it is changed',
    needsAd(async (known) => {
      await client.updateAd({ id: known, body: { title: `Smoke ${run}, changed` } });
      const { body } = await client.getAd({ id: known });
      return expect(body.title, `Smoke ${run}, changed`);
    }),
  );
  await step(
    'it is deleted',
    needsAd(async (known) => {
      await client.deleteAd({ id: known });
      try {
        await client.getAd({ id: known });
        return 'it is still there';
      } catch (error) {
        if (error instanceof ProblemError && error.status === 404) return undefined;
        throw error;
      }
    }),
  );
  // A UUID is a key in every stage.
  const key = randomUUID();
  const total = async (): Promise<number> => {
    const { body } = await client.getCounters({ key: [key] });
    return Number(body.counters[0]?.value ?? 0);
  };
  await step('increments are counted through the log', async () => {
    for (let sent = 0; sent < increments; sent += 1)
      await client.increment({ body: { key, value: 1 } }, { keyed: true });
    const untilMs = nowMs() + visibleWithinMsMax;
    while ((await total()) < increments && nowMs() < untilMs) await sleep(lookEveryMs);
    return expect(await total(), increments);
  });
  await step('mode=sync answers the total, and adds nothing when it is repeated', async () => {
    const add = () =>
      client.increment({ body: { key, value: 2 }, mode: 'sync', idempotencyKey: `smoke-${run}` });
    const { body } = await add();
    const said = expect(Number((body as Record<string, unknown>)[key]), increments + 2);
    if (said !== undefined) return said;
    await add();
    return expect(await total(), increments + 2);
  });
  return failed;
}

function expect(found: unknown, wanted: unknown): string | undefined {
  return found === wanted ? undefined : `got ${String(found)} instead of ${String(wanted)}`;
}
