import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { kinds, type Kind, type Mix } from './generator/plan.ts';

export const profiles = ['load', 'stress', 'soak', 'growth', 'writes', 'hot'] as const;
export type ProfileName = (typeof profiles)[number];

export interface LoadOptions {
  readonly profile: ProfileName;
  /** undefined: a server of its own on a fresh folder. */
  readonly url: URL | undefined;
  /** Requests per second; undefined: as the profile has it. */
  readonly rate: number | undefined;
  /** Of the knee, when no rate is given. */
  readonly share: number;
  /** Of a run, a step or a round; undefined: as the profile has it. */
  readonly seconds: number | undefined;
  readonly minutes: number;
  readonly ads: number | undefined;
  readonly keys: number;
  readonly batchSize: number;
  readonly connections: number;
  readonly generators: number;
  readonly mix: Mix;
  /** A step of `stress` whose p99 is longer has broken, milliseconds. */
  readonly p99MsMax: number;
  readonly seed: number;
  /** The file of the plot; undefined: one in the folder for temporary files. */
  readonly plot: string | undefined;
  readonly json: boolean;
  /** So many requests are written for vegeta, and none is sent; undefined: as the profile says. */
  readonly vegeta: number | undefined;
}

export type LoadArguments =
  | { readonly type: 'run'; readonly options: LoadOptions }
  | { readonly type: 'help' }
  | { readonly type: 'faulty'; readonly message: string };

export const loadHelp = `Load over HTTP from processes of its own: npm run load -- [options]

  --profile <name>   load    a steady rate, as of many clients that do not wait for each other (default)
                     stress  a rate that rises until the server cannot keep up, and where that is: the knee
                     soak    a steady rate for --minutes; whether memory and handles stay as they are
                     growth  pages of ads as fast as they come, at 1,000, 10,000 and 100,000 ads in turns
                     writes  increments as fast as they come: one key against many in turns, then batches
                     hot     one key at --rate (default 5000), singly, in shards with the limits of Kinesis
  --url <url>        a server that is running; default: one of its own, on a fresh folder
  --rate <n>         requests a second (load: default --share of the knee; soak: default 2000)
  --share <x>        load without --rate looks for the knee first and takes this share of it (default 0.5)
  --seconds <n>      length of a run, step or round (load 30, stress 5, growth 3, writes 3 and 60, hot 20)
  --minutes <n>      length of a soak (default 10)
  --ads <n>          ads to create first (default 1000); growth: the largest number of ads (default 100000)
  --keys <n>         counters (default 1000; writes 10000)
  --batch <n>        increments in a batch (default 100; writes 500)
  --connections <n>  keep-alive connections, a request at a time on each (default 64)
  --generators <n>   processes that make the load (default 1)
  --mix <a=n,...>    how many of what: ads, single, batch, counter (default ads=70,single=20,batch=2,counter=8)
  --p99 <ms>         where a step of stress has broken (default 50)
  --seed <n>         what is asked and when (default random)
  --plot <file>      where the SVG goes (default: a temporary file, named at the end)
  --json             the result as one JSON object
  --vegeta <n>       send nothing: write n requests of the mix as targets for vegeta (-format=json)
  --help             this text

Exit codes: 0 everything acknowledged was counted, once; 1 it was not, something failed, or a soak was not flat; 2 wrong
arguments.
`;

const defaultMix = 'ads=70,single=20,batch=2,counter=8';

export function parseLoadArguments(args: readonly string[]): LoadArguments {
  try {
    const values = parse(args);
    if (values.help) return { type: 'help' };
    return { type: 'run', options: toOptions(values) };
  } catch (error) {
    return { type: 'faulty', message: (error as Error).message };
  }
}

function toOptions(values: ReturnType<typeof parse>): LoadOptions {
  const { profile, url, plot, json } = values;
  if (!isProfile(profile)) throw new RangeError(`--profile ${profile}: not one of ${profiles.join(', ')}`);
  if (profile === 'growth' && url !== undefined)
    throw new RangeError('--url: growth compares servers of its own');
  const writes = profile === 'writes';
  return {
    profile,
    url: url === undefined ? undefined : readUrl(url),
    rate: optional('rate', values.rate, 1, 1_000_000),
    share: number('share', values.share, 0.01, 2),
    seconds: optional('seconds', values.seconds, 0.1, 86_400),
    minutes: number('minutes', values.minutes, 0.05, 10_000),
    ads: optional('ads', values.ads, 0, 1_000_000),
    keys: number('keys', values.keys ?? (writes ? '10000' : '1000'), 1, 100_000),
    batchSize: number('batch', values.batch ?? (writes ? '500' : '100'), 1, 500),
    connections: number('connections', values.connections, 1, 1000),
    generators: number('generators', values.generators, 1, 16),
    mix: readMix(values.mix),
    p99MsMax: number('p99', values.p99, 1, 60_000),
    seed: number('seed', values.seed ?? String(randomInt(2 ** 31)), 0, 2 ** 31),
    plot,
    json,
    vegeta: optional('vegeta', values.vegeta, 1, 1_000_000),
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: false,
    options: {
      profile: { type: 'string', default: 'load' },
      url: { type: 'string' },
      rate: { type: 'string' },
      share: { type: 'string', default: '0.5' },
      seconds: { type: 'string' },
      minutes: { type: 'string', default: '10' },
      ads: { type: 'string' },
      keys: { type: 'string' },
      batch: { type: 'string' },
      connections: { type: 'string', default: '64' },
      generators: { type: 'string', default: '1' },
      mix: { type: 'string', default: defaultMix },
      p99: { type: 'string', default: '50' },
      seed: { type: 'string' },
      plot: { type: 'string' },
      json: { type: 'boolean', default: false },
      vegeta: { type: 'string' },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  }).values;
}

const whole = new Set(['ads', 'keys', 'batch', 'connections', 'generators', 'seed', 'vegeta']);

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  const right = /^\d+(\.\d+)?$/.test(text) && (Number.isInteger(value) || !whole.has(name));
  if (!right || value < least || value > most) {
    throw new RangeError(`--${name} ${text}: not a number from ${least} to ${most}`);
  }
  return value;
}

function optional(name: string, text: string | undefined, least: number, most: number): number | undefined {
  return text === undefined ? undefined : number(name, text, least, most);
}

export function readMix(text: string): Mix {
  const entries = text.split(',').map((part): [Kind, number] => {
    const [kind = '', weight = ''] = part.split('=');
    if (!isKind(kind)) throw new RangeError(`--mix ${part}: not one of ${kinds.join(', ')}`);
    return [kind, number('mix', weight, 0, 1_000_000)];
  });
  if (!entries.some(([, weight]) => weight > 0)) throw new RangeError(`--mix ${text}: nothing to send`);
  return Object.fromEntries(entries);
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' || url.port === '')
    throw new RangeError(`--url ${text}: not http://host:port`);
  return url;
}

function isProfile(text: string): text is ProfileName {
  return (profiles as readonly string[]).includes(text);
}

function isKind(text: string): text is Kind {
  return (kinds as readonly string[]).includes(text);
}
