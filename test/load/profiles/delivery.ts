import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { HttpConnection } from '../../support/http-connection.ts';
import type { Mix } from '../generator/plan.ts';
import { median } from '../measure/flatness.ts';
import { failuresOf, format } from '../measure/latencies.ts';
import type { Profile, Session } from './profile.ts';
import { Target } from './target.ts';

const rounds = 7;
const adsDefault = 1000;

interface Measured {
  readonly perSecond: number;
  /** Of the server, microseconds per request; NaN where there is no /proc. */
  readonly cpuUs: number;
}

interface Compared {
  readonly ads: number;
  readonly beacons: Measured;
  readonly increments: Measured;
  /** Beacons to increments of the same round. */
  readonly ratio: number;
}

/**
 * What delivery costs over HTTP, as fast as it comes, each beside what it resembles, in turns: decisions of one ad
 * beside pages of ads, and beacons of one ad and of many beside increments of as many keys. At the end every beacon
 * is counted, once.
 */
export const deliveryProfile = {
  async run(session) {
    const { ads = adsDefault, seed } = session.options;
    const targets: Target[] = [];
    try {
      for (const seededAds of [1, ads])
        targets.push(await Target.open({ ads: 0, seededAds, keys: ads, seed }));
      const [one, many] = targets as [Target, Target];
      const findings: string[] = [];
      const ceiling = await session.ceiling({ mix: { ads: 1 }, keys: 1 }, many);
      const decisions = await compareDecisions(session, many, findings);
      const beacons = [
        await compareBeacons(session, { target: one, ads: 1 }, findings),
        await compareBeacons(session, { target: many, ads }, findings),
      ];
      const panel = (title: string, names: readonly string[], values: readonly (readonly number[])[]) => ({
        title,
        unit: 'per second',
        series: names.map((name, column) => ({
          name,
          points: values.map((row, round) => ({ x: round + 1, y: row[column] ?? Number.NaN })),
        })),
      });
      return {
        facts: { ads, ceiling, decisions: decisions.facts, beacons: beacons.map(({ facts }) => facts) },
        chart: {
          title: 'Decisions and beacons over HTTP',
          xTitle: 'round',
          panels: [
            panel('Decisions and pages', ['decisions', 'pages'], decisions.table),
            ...beacons.map(({ facts, table }) =>
              panel(`Beacons of ${format(facts.ads)} ads`, ['beacons', 'increments'], table),
            ),
          ],
        },
        findings,
      };
    } finally {
      for (const target of targets) await target.close();
    }
  },
} satisfies Profile;

async function compareDecisions(session: Session, target: Target, findings: string[]) {
  const ask = (mix: Mix): Promise<Measured> => measure(session, target, { mix }, findings);
  await ask({ decision: 1 });
  await ask({ ads: 1 });
  const rows: { readonly decisions: Measured; readonly pages: Measured }[] = [];
  for (let i = 0; i < rounds; i += 1) {
    rows.push({ decisions: await ask({ decision: 1 }), pages: await ask({ ads: 1 }) });
  }
  const facts = {
    decisions: medianOf(rows.map(({ decisions }) => decisions)),
    pages: medianOf(rows.map(({ pages }) => pages)),
    ratio: median(rows.map(({ decisions, pages }) => decisions.perSecond / pages.perSecond)),
  };
  session.say(
    `decisions ${lineOf(facts.decisions)}, pages ${lineOf(facts.pages)}: ratio ${facts.ratio.toFixed(3)}`,
  );
  return { facts, table: rows.map(({ decisions, pages }) => [decisions.perSecond, pages.perSecond]) };
}

async function compareBeacons(
  session: Session,
  { target, ads }: { readonly target: Target; readonly ads: number },
  findings: string[],
): Promise<{ readonly facts: Compared; readonly table: readonly (readonly number[])[] }> {
  const { seconds = 3 } = session.options;
  const counted = new Impressions(target);
  const addUp = (): Promise<Measured> =>
    measure(session, target, { mix: { single: 1 }, keys: ads }, findings);
  let fastest = (await addUp()).perSecond;
  const rows: { readonly beacons: Measured; readonly increments: Measured }[] = [];
  // The first round warms up.
  for (let i = 0; i <= rounds; i += 1) {
    // A beacon is sent once, and this many are surely enough.
    const paths = await counted.decide(Math.ceil(4 * fastest * seconds) + 1000);
    const beacons = await measure(session, target, { mix: { beacon: 1 }, beacons: paths }, findings, counted);
    const increments = await addUp();
    fastest = Math.max(fastest, beacons.perSecond, increments.perSecond);
    if (i > 0) rows.push({ beacons, increments });
  }
  findings.push(...(await counted.audit()));
  const facts = {
    ads,
    beacons: medianOf(rows.map(({ beacons }) => beacons)),
    increments: medianOf(rows.map(({ increments }) => increments)),
    ratio: median(rows.map(({ beacons, increments }) => beacons.perSecond / increments.perSecond)),
  };
  session.say(
    `beacons of ${format(ads)} ads ${lineOf(facts.beacons)}, increments of ${format(ads)} keys ${lineOf(facts.increments)}: ratio ${facts.ratio.toFixed(3)}; ${format(counted.acknowledged)} beacons acknowledged`,
  );
  return {
    facts,
    table: rows.map(({ beacons, increments }) => [beacons.perSecond, increments.perSecond]),
  };
}

async function measure(
  session: Session,
  target: Target,
  how: { readonly mix: Mix; readonly keys?: number; readonly beacons?: readonly string[] },
  findings: string[],
  impressions?: Impressions,
): Promise<Measured> {
  const { seconds = 3 } = session.options;
  const cpuBefore = target.cpuMs();
  const { result, summary } = await session.run({ ...how, durationMs: seconds * 1000 }, target);
  const cpuUs = ((target.cpuMs() - cpuBefore) * 1000) / result.offered;
  findings.push(...failuresOf('delivery', result));
  if (impressions !== undefined) impressions.acknowledged += result.byKind.beacon.successes;
  return { perSecond: summary.answeredPerSecond, cpuUs };
}

function medianOf(all: readonly Measured[]): Measured {
  const of = (field: keyof Measured): number => median(all.map((one) => one[field]));
  return { perSecond: of('perSecond'), cpuUs: of('cpuUs') };
}

function lineOf({ perSecond, cpuUs }: Measured): string {
  return `${format(perSecond)}/s at ${format(cpuUs)} us of the server`;
}

const connectionsOfDecisions = 8;
const adsPerDecision = 20;
const countedMsMax = 60_000;
const lookEveryMs = 100;

interface Answer {
  readonly decisions: readonly {
    readonly ads: readonly { readonly id: string; readonly decision: { readonly impression_url: string } }[];
  }[];
}

/** The impressions of one server: makes the decisions, and compares what is counted with what was acknowledged. */
class Impressions {
  readonly #target: Target;
  readonly #ads = new Set<string>();
  acknowledged = 0;

  constructor(target: Target) {
    this.#target = target;
  }

  /** Paths of beacons, each of a decision of its own. */
  async decide(count: number): Promise<readonly string[]> {
    const placements = [1, 2].map((id) => ({ id: String(id), count: adsPerDecision / 2 }));
    const call = { method: 'POST', path: '/api/v1/decisions', body: JSON.stringify({ placements }) };
    const paths: string[] = [];
    const work = async (): Promise<void> => {
      const connection = new HttpConnection(this.#target.url);
      while (paths.length < count) {
        const { statusCode, body } = await connection.ask(call);
        if (statusCode !== 200) throw new Error(`a decision is answered with ${statusCode}: ${body}`);
        const ads = (JSON.parse(body) as Answer).decisions.flatMap((one) => one.ads);
        if (ads.length === 0) throw new Error('a decision has no ad');
        for (const { id, decision } of ads) {
          this.#ads.add(id);
          paths.push(new URL(decision.impression_url).pathname);
        }
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: connectionsOfDecisions }, work));
    return paths;
  }

  /** Waits until all are counted, each once and none for another reason. */
  async audit(): Promise<readonly string[]> {
    const startedMs = performance.now();
    for (;;) {
      const { counted, others } = await this.#read();
      if (others > 0) return [`${others} beacons are counted as duplicate, late or invalid`];
      if (counted === this.acknowledged) return [];
      if (counted > this.acknowledged || performance.now() - startedMs > countedMsMax)
        return [`${counted} impressions are counted of ${this.acknowledged} beacons acknowledged`];
      await systemClock.sleep(lookEveryMs);
    }
  }

  async #read(): Promise<{ readonly counted: number; readonly others: number }> {
    const connection = new HttpConnection(this.#target.url);
    let [counted, others] = [0, 0];
    for (const id of this.#ads) {
      const { body } = await connection.ask({
        method: 'GET',
        path: `/api/v1/ad/${id}/delivery?bucket=minute`,
      });
      const { impressions, not_counted: apart } = JSON.parse(body) as {
        readonly impressions: number;
        readonly not_counted: { readonly duplicate: number; readonly late: number; readonly invalid: object };
      };
      counted += impressions;
      const invalid = Object.values(apart.invalid).map(Number);
      others += [apart.duplicate, apart.late, ...invalid].reduce((a, b) => a + b, 0);
    }
    connection.close();
    return { counted, others };
  }
}
