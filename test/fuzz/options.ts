import { randomInt } from 'node:crypto';
import {
  choice,
  decimal,
  flag,
  optionLines,
  parseOptions,
  serverUrl,
  text,
  UsageError,
  value,
  whole,
} from '../../lib/options.ts';

export const areas = ['http', 'records', 'schedules', 'quarantine'] as const;
export type Area = (typeof areas)[number];

export interface FuzzOptions {
  /** A server that is running and that nobody else writes to; undefined: one of its own on a fresh folder. */
  readonly url: URL | undefined;
  readonly token: string | undefined;
  /** Of all areas together. */
  readonly minutes: number;
  /** Of all areas together, instead of minutes: as much on a slow machine as on a fast one. */
  readonly cases: number | undefined;
  readonly seed: number;
  readonly areas: readonly Area[];
  /** Only this round, perhaps only one of its cases: what a failure names to be seen again. */
  readonly round: number | undefined;
  readonly path: string | undefined;
  readonly json: boolean;
}

const seedMax = 2 ** 31;

const options = {
  minutes: decimal({ about: 'how long, for all areas together', min: 0.01, max: 10_000, default: 1 }),
  cases: whole({ about: 'how many cases, for all areas together, instead of minutes', min: 1, max: 1e9 }),
  seed: whole({ about: 'seed of the cases (default random; printed first)', min: 0, max: seedMax }),
  only: choice(areas, {
    argument: '<area>',
    about: `http        requests, from /openapi.json alone, over raw sockets
records     Kinesis records of increments and of ad events
schedules   inputs of expire-ad
quarantine  quarantined records, as files in S3 and as entries of LMDB`,
  }),
  url: serverUrl({
    about:
      'a server that is running, which nobody else writes to; default: one of its own, on a fresh folder',
  }),
  token: text('a token', { argument: '<t>', about: 'sent as a bearer token' }),
  round: whole({ about: 'only this round of the seed, as printed with a failure', min: 0, max: seedMax }),
  path: value('a path, as in 3:0:1', (given) => (/^\d+(:\d+)*$/.test(given) ? given : undefined), {
    argument: '<p>',
    about: 'only this case of the round',
  }),
  json: flag('the result as one JSON object'),
};

export const fuzzUsage = `Sends the API what its document allows and forbids: npm run fuzz -- [options]

${optionLines(options)}
Exit codes: 0 nothing found; 1 something found; 2 wrong arguments; 3 the server could not be started or reached.
`;

export function readFuzzOptions(args: readonly string[]): FuzzOptions {
  const parsed = parseOptions(args, options);
  const { only, seed = randomInt(seedMax), ...values } = parsed.values;
  if (parsed.given.has('minutes') && values.cases !== undefined)
    throw new UsageError('--minutes and --cases exclude each other; give one');
  if (values.path !== undefined && values.round === undefined)
    throw new UsageError('--path requires --round, the round whose case it names');
  return { ...values, seed, areas: only === undefined ? areas : [only] };
}
