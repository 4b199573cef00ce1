import { stageSettings, type StageSettings } from '../stages.ts';
import { edgeRows } from './bill-edge.ts';
import { billOf, totalOf } from './bill.ts';
import { edgePlans } from './list-prices.ts';
import { idle, secondsPerMonth, trafficOf, type Load } from './load.ts';

/** Those of the test data: each age, country, gender and platform; and callers who ask alike. */
const asked = [100, 14_400] as const;
const rates = [1000, 100_000] as const;

/** The settings with CloudFront in front. */
export function behindEdge(settings: StageSettings, shield = false): StageSettings {
  const edge = shield ? { originShield: 'us-east-1' } : {};
  return { ...settings, cloud: { ...settings.cloud, edge } };
}

/** Dollars of prod a month that only reads pages, as markdown: without CloudFront, and with it. */
export function edgeCostTable(): string {
  const prod = stageSettings('prod');
  const rows = rates.flatMap((queriesPerSecond) =>
    asked.map((questions) => {
      const load: Load = { ...idle, queriesPerSecond, questions };
      const [edge, shielded] = [behindEdge(prod), behindEdge(prod, true)];
      const hits = 1 - trafficOf(shielded, load).queries / queriesPerSecond;
      const bills = [prod, edge, shielded].map((settings) => dollars(totalOf(billOf(settings, load))));
      return [`${whole(queriesPerSecond)}/s`, whole(questions), `${(100 * hits).toFixed(1)}%`, ...bills];
    }),
  );
  return markdown([['pages', 'questions', 'kept, shield', 'API alone', 'CloudFront', 'and shield'], ...rows]);
}

/** What the flat-rate plans are for, as markdown, and what as many calls cost by use, the web ACL included. */
export function edgePlanTable(): string {
  const edge = behindEdge(stageSettings('prod'));
  const rows = Object.entries(edgePlans).flatMap(([plan, levels]) =>
    levels.map(({ upTo, price }) => {
      const load: Load = { ...idle, queriesPerSecond: (upTo * 1e6) / secondsPerMonth };
      const byUse = [
        ...edgeRows(edge, load, trafficOf(edge, load)).filter(({ service }) => service === 'CloudFront'),
        ...billOf(edge, load).filter(({ service }) => service === 'WAF'),
      ];
      const calls = [`${whole(upTo)} million`, `${whole(Number(load.queriesPerSecond.toPrecision(2)))}/s`];
      return [plan, dollars(price), ...calls, dollars(totalOf(byUse))];
    }),
  );
  return markdown([['plan', 'a month', 'calls', 'on average', 'as many by use'], ...rows]);
}

function markdown([heads = [], ...rows]: readonly (readonly string[])[]): string {
  return [heads, heads.map((_head, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function whole(amount: number): string {
  return amount.toLocaleString('en-US');
}

function dollars(amount: number): string {
  return `$${Math.round(amount).toLocaleString('en-US')}`;
}
