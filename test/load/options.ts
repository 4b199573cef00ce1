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
import { tokenOf, tokenOption } from '../../lib/bulk/api-options.ts';
import { mixedKinds, type Kind, type Mix } from './generator/plan.ts';

export const profiles = ['load', 'stress', 'soak', 'growth', 'writes', 'hot', 'delivery'] as const;
export type ProfileName = (typeof profiles)[number];

const options = {
  profile: choice(profiles, {
    about: `load      a steady rate, as of many clients that do not wait for each other
stress    a rate that rises until the server cannot keep up, and where that is: the knee
soak      a steady rate for --minutes; whether memory and handles stay as they are
growth    pages of ads as fast as they come, at 1,000, 10,000 and 100,000 ads in turns
writes    increments as fast as they come: one key against many in turns, then batches
hot       one key at --rate (default 5000), singly, in shards with the limits of Kinesis
delivery  decisions against pages of ads, and beacons of one ad and of --ads against increments, in turns`,
    default: 'load',
  }),
  url: serverUrl({ about: 'a running server; default: a new one on a new folder' }),
  token: tokenOption,
  rate: decimal({
    about: 'requests a second (load: default --share of the knee; soak: default 2000)',
    ...{ min: 1, max: 1_000_000 },
  }),
  share: decimal({
    argument: '<x>',
    about: 'load without --rate finds the knee first and uses this share of it',
    ...{ min: 0.01, max: 2, default: 0.5 },
  }),
  seconds: decimal({
    about:
      'length of a run, step or round (load 30, stress 5, growth 3, writes 3 and 60, hot 20, delivery 3)',
    ...{ min: 0.1, max: 86_400 },
  }),
  minutes: decimal({ about: 'length of a soak', min: 0.05, max: 10_000, default: 10 }),
  ads: whole({
    about: 'ads to create first (default 1000); growth: the largest number of ads (default 100000)',
    ...{ min: 0, max: 1_000_000 },
  }),
  keys: whole({ about: 'counters (default 1000; writes 10000)', min: 1, max: 100_000 }),
  batch: whole({ about: 'increments in a batch (default 100; writes 500)', min: 1, max: 500 }),
  connections: whole({
    about: 'keep-alive connections, a request at a time on each',
    ...{ min: 1, max: 1000, default: 64 },
  }),
  generators: whole({ about: 'processes that make the load', min: 1, max: 16, default: 1 }),
  mix: value(`weights of ${mixedKinds.join(', ')}, as in ads=70,single=20`, parseMix, {
    argument: '<a=n,...>',
    about: 'weights of ads, single, batch, counter, decision (default ads=70,single=20,batch=2,counter=8)',
  }),
  p99: decimal({
    argument: '<ms>',
    about: 'where a step of stress has broken',
    min: 1,
    max: 60_000,
    default: 50,
  }),
  seed: whole({ about: 'seed of the requests and their times (default random)', min: 0, max: 2 ** 31 }),
  plot: text('the name of a file', {
    argument: '<file>',
    about: 'file of the SVG (default: a temporary file, named at the end)',
  }),
  json: flag('the result as one JSON object'),
  vegeta: whole({
    about: 'send nothing: write n requests of the mix as targets for vegeta (-format=json)',
    ...{ min: 1, max: 1_000_000 },
  }),
};

export const loadUsage = `Puts load on a server over HTTP: npm run load -- [options]

${optionLines(options)}
Exit codes: 0 everything acknowledged was counted once; 1 it was not, something failed, or a soak was not flat; 2 wrong
arguments.
`;

const defaultMix: Mix = { ads: 70, single: 20, batch: 2, counter: 8 };

export type LoadOptions = ReturnType<typeof readLoadOptions>;

/** undefined: as the profile has it; throws a UsageError. */
export function readLoadOptions(args: readonly string[]) {
  const { p99, batch, ...values } = parseOptions(args, options).values;
  const { profile, url, keys, mix, seed } = values;
  const token = tokenOf(values.token);
  if (values.token !== undefined && url === undefined && values.vegeta === undefined)
    throw new UsageError('--token requires --url, the stage that it is for');
  if ((profile === 'growth' || profile === 'delivery') && url !== undefined)
    throw new UsageError(`--url must not be given with ${profile}, which compares servers of its own`);
  const writes = profile === 'writes';
  return {
    ...values,
    token: url === undefined && values.vegeta === undefined ? undefined : token,
    keys: keys ?? (writes ? 10_000 : 1000),
    batchSize: batch ?? (writes ? 500 : 100),
    mix: mix ?? defaultMix,
    /** A step of `stress` whose p99 is longer has broken, milliseconds. */
    p99MsMax: p99,
    seed: seed ?? randomInt(2 ** 31),
  };
}

const weightMax = 1_000_000;

function parseMix(given: string): Mix | undefined {
  const weights = given.split(',').map((part) => /^(\w+)=(\d{1,7})$/.exec(part));
  const mix = weights.map((match): [Kind, number] | undefined => {
    const kind = mixedKinds.find((name) => name === match?.[1]);
    const weight = Number(match?.[2]);
    return kind !== undefined && weight <= weightMax ? [kind, weight] : undefined;
  });
  if (!mix.every((one) => one !== undefined) || !mix.some(([, weight]) => weight > 0)) return undefined;
  return Object.fromEntries(mix);
}
