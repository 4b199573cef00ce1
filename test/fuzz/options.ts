import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

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

export type FuzzArguments =
  | { readonly type: 'run'; readonly options: FuzzOptions }
  | { readonly type: 'help' }
  | { readonly type: 'faulty'; readonly message: string };

export const fuzzHelp = `Drives the API with whatever its own document allows and forbids: npm run fuzz -- [options]

  --minutes <n>   how long, all areas together (default 1)
  --cases <n>     how many cases, all areas together, instead of minutes
  --seed <n>      what is drawn (default random; printed first)
  --only <area>   http        requests, from /openapi.json alone, over raw sockets
                  records     Kinesis records of increments and of ad events
                  schedules   inputs of expire-ad
                  quarantine  quarantined records, as files in S3 and as entries of LMDB
  --url <url>     a server that is running, which nobody else writes to; default: one of its own, on a fresh folder
  --token <t>     sent as a bearer token
  --round <n>     only this round of the seed, as a failure names it
  --path <p>      only this case of the round
  --json          the result as one JSON object
  --help          this text

Exit codes: 0 nothing found; 1 something found; 2 wrong arguments; 3 the server could not be started or reached.
`;

export function parseFuzzArguments(args: readonly string[]): FuzzArguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        minutes: { type: 'string', default: '1' },
        cases: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        url: { type: 'string' },
        token: { type: 'string' },
        round: { type: 'string' },
        path: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    });
    if (values.help) return { type: 'help' };
    const { token, path, json } = values;
    if (path !== undefined && !/^\d+(:\d+)*$/.test(path))
      throw new RangeError(`--path ${path}: not like 3:0:1`);
    const options: FuzzOptions = {
      url: values.url === undefined ? undefined : readUrl(values.url),
      token,
      minutes: number('minutes', values.minutes, 0.01, 10_000),
      cases: values.cases === undefined ? undefined : whole('cases', values.cases),
      seed: values.seed === undefined ? randomInt(2 ** 31) : whole('seed', values.seed),
      areas: values.only === undefined ? areas : [readArea(values.only)],
      round: values.round === undefined ? undefined : whole('round', values.round),
      path,
      json,
    };
    return { type: 'run', options };
  } catch (error) {
    return { type: 'faulty', message: (error as Error).message };
  }
}

function readArea(text: string): Area {
  const area = areas.find((name) => name === text);
  if (area === undefined) throw new RangeError(`--only ${text}: not one of ${areas.join(', ')}`);
  return area;
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value < least || value > most) {
    throw new RangeError(`--${name} ${text}: not a number from ${least} to ${most}`);
  }
  return value;
}

function whole(name: string, text: string): number {
  const value = number(name, text, 0, 2 ** 31);
  if (!Number.isInteger(value)) throw new RangeError(`--${name} ${text}: not a whole number`);
  return value;
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' || url.port === '')
    throw new RangeError(`--url ${text}: not http://host:port`);
  return url;
}
