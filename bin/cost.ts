import { incrementsPerRequestMax } from '../lib/api/counter-schemas.ts';
import { billText } from '../lib/infra/bill-text.ts';
import { costComparison } from '../lib/infra/cost-comparison.ts';
import { costTable } from '../lib/infra/cost.ts';
import { behindEdge, edgeCostTable, edgePlanTable } from '../lib/infra/edge-cost.ts';
import { idle } from '../lib/infra/load.ts';
import {
  choice,
  commandLine,
  flag,
  optionLines,
  parseOptions,
  rate,
  runCommand,
  type Values,
  whole,
} from '../lib/options.ts';
import { stageSettings } from '../lib/stages.ts';

const perSecondMax = 1_000_000;

const options = {
  stage: choice(['dev', 'staging', 'prod'], { about: 'whose settings', default: 'prod' }),
  queries: rate({ about: 'pages of ads that callers read', perSecondMax, default: 0 }),
  increments: rate({ about: 'increments, however many share a call', perSecondMax, default: 0 }),
  batch: whole({
    about: 'increments of one call',
    min: 1,
    max: incrementsPerRequestMax,
    default: idle.batch,
  }),
  keyed: flag('calls that write increments have an Idempotency-Key'),
  health: rate({ about: 'calls of GET /health', perSecondMax, default: 0 }),
  ads: whole({ about: 'ads created in a month; each lives for a month', min: 0, max: 1_000_000, default: 0 }),
  counters: whole({
    about: 'different counters, all incremented alike',
    ...{ min: 1, max: 1_000_000_000, default: idle.counters },
  }),
  tokens: whole({ about: 'API tokens in use', min: 1, max: 10_000, default: idle.tokens }),
  advantage: flag("the account is in Kinesis' mode On-demand Advantage"),
  cdn: flag('CloudFront answers for the API'),
  shield: flag('the same, with an origin shield'),
  plan: choice(['free', 'pro', 'business', 'premium'], {
    about: 'the same, by a flat-rate plan instead of by use',
  }),
  questions: whole({
    about: 'different questions for pages, all asked alike; CloudFront keeps each answer',
    ...{ min: 1, max: 1_000_000_000, default: idle.questions },
  }),
};

const usage = `What a stage costs a month on AWS, line by line: ${commandLine('cost')} [options]

${optionLines(options)}
A rate is a number with /s, /min, /h or /day. Without options: the cost tables of docs/deploy.md and docs/edge.md and
the comparison of the README.
Exit codes: 0 printed, 2 wrong arguments.
`;

/** `npm run cost`. undefined: no option was given. */
await runCommand({ name: 'cost', usage, read, run });

function read(args: readonly string[]): Values<typeof options> | undefined {
  const { values, given } = parseOptions(args, options);
  return given.size === 0 ? undefined : values;
}

function run(given: Values<typeof options> | undefined): Promise<number> {
  const tables = [costTable, costComparison, edgeCostTable, edgePlanTable];
  process.stdout.write(given === undefined ? `${tables.map((one) => one()).join('\n\n')}\n` : bill(given));
  return Promise.resolve(0);
}

function bill(given: Values<typeof options>): string {
  const { stage, queries, increments, health, cdn, shield, ...load } = given;
  const settings = stageSettings(stage);
  const isBehindEdge = cdn || shield || load.plan !== undefined;
  return billText(isBehindEdge ? behindEdge(settings, shield) : settings, {
    ...load,
    queriesPerSecond: queries,
    incrementsPerSecond: increments,
    healthChecksPerSecond: health,
  });
}
