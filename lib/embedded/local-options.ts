import { isIP } from 'node:net';
import { parseRate, rateForm } from '../app/rate/rate-text.ts';
import { isLoopbackHost, parseAuthority } from './http/authority.ts';
import { traceBytesMax, traceBytesMin } from './trace/trace-file.ts';
import {
  choice,
  commandLine,
  flag,
  many,
  optionLines,
  parseOptions,
  text,
  UsageError,
  value,
  whole,
} from '../options.ts';
import { configOption } from '../settings/settings-file.ts';
import { stageNames, type RateSettings, type StageName, type StageSettings } from '../stages.ts';

export interface LocalOptions {
  readonly port: number;
  readonly host: string;
  readonly folder: string;
  readonly stage: StageName;
  /** undefined: the settings file of the working folder, if there is one. */
  readonly config: string | undefined;
  readonly quiet: boolean;
  readonly timer: boolean;
  /** undefined: calls need a token once the data folder has had one. */
  readonly tokens: boolean | undefined;
  readonly allowHosts: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly keepAliveSeconds: number;
  readonly rate: RateSettings | undefined;
  readonly ratePerAddress: RateSettings | undefined;
  readonly trustedProxies: readonly string[];
  /** Shards of the increments; undefined: as many as the stage has. */
  readonly shards: number | undefined;
  readonly shardLimits: boolean;
  /** undefined: what the stage demands. */
  readonly keyFormat: StageSettings['counters']['keyFormat'] | undefined;
  /** undefined: the stage's. */
  readonly defaultMode: StageSettings['counters']['defaultMode'] | undefined;
  /** undefined: no trace is written. */
  readonly trace: LocalTrace | undefined;
}

export interface LocalTrace {
  readonly file: string;
  readonly bytesMax: number;
}

/** The most times that a repeatable option may be given. */
const timesMax = 100;

const options = {
  port: whole({ about: 'port of the API; 0 takes any free one', min: 0, max: 65_535, default: 3333 }),
  host: text('an address', {
    argument: '<name>',
    about: 'address to listen on; other than loopback requires tokens',
    default: '127.0.0.1',
  }),
  data: text('the name of a folder', {
    argument: '<folder>',
    about: 'where all data is stored; created if absent',
    default: '.adtally',
  }),
  stage: text('the name of a stage', {
    argument: '<name>',
    about: `whose settings to run with: ${stageNames.join(', ')}, or your own`,
    names: stageNames,
    default: 'local',
  }),
  config: configOption,
  tokens: flag('require a token; the default once the data folder has had one (the command tokens)'),
  open: flag('require no token, though there are some; loopback only'),
  'allow-host': many('a host name without a port', parseHost, {
    argument: '<name>',
    about: 'without tokens, answer to this Host too, not only to localhost; repeatable',
    timesMax,
  }),
  'cors-origin': many('an origin, as in https://app.example', parseOrigin, {
    argument: '<origin>',
    about:
      'let pages of this origin, such as https://app.example, read answers; repeatable\n' +
      '(default: without tokens those of this machine, with tokens those of the stage)',
    timesMax,
  }),
  'keep-alive': whole({
    argument: '<s>',
    about: 'seconds for which a connection without a request is kept, 1 to 3600',
    ...{ min: 1, max: 3600, default: 75 },
  }),
  rate: value(rateForm, parseRate, {
    argument: '<n[:b]>',
    about: 'limit calls without a token, by address: n a second, b in a burst (default 5n)',
  }),
  'rate-per-address': value(rateForm, parseRate, {
    argument: '<n[:b]>',
    about: 'the same for all requests of an address, with or without a token (IPv6: of a /64)',
  }),
  'trusted-proxy': many('an IP address', parseAddress, {
    argument: '<address>',
    about: "a proxy whose X-Forwarded-For names the client's address; repeatable (default: none)",
    timesMax,
  }),
  shards: whole({
    about: "shards of the log of increments, 1 to 64; the log is resharded (default: the stage's)",
    ...{ min: 1, max: 64 },
  }),
  'shard-limits': flag('refuse what Kinesis would: over 1,000 records or 1 MiB a second of one shard'),
  'key-format': choice(['any', 'uuid'], {
    about: "what a counter key must be: any text, or a UUID (default: the stage's)",
  }),
  'default-mode': choice(['eventual', 'sync'], {
    about: "how an increment that names no mode is counted (default: the stage's)",
  }),
  trace: text('the name of a file', {
    argument: '<file>',
    about: 'write a trace of a sample, the slowest and the failed requests (docs/tracing.md)',
  }),
  'trace-max-bytes': whole({
    about: 'size at which the trace ends',
    ...{ min: traceBytesMin, max: 999_999_999_999, default: traceBytesMax },
  }),
  'no-timer': flag('fire no expiry schedules; ads still end on time'),
  quiet: flag('log only warnings and errors'),
};

export const localUsage = `adtally in one process: ${commandLine('start')} [options]\n\n${optionLines(options)}`;

/** Reads the command line of `npm start`; throws a UsageError. */
export function readLocalOptions(args: readonly string[]): LocalOptions {
  const { values, given } = parseOptions(args, options);
  const { port, host, data, stage, config, quiet, tokens, open, rate, shards, trace } = values;
  if (tokens && open) throw new UsageError('--tokens and --open exclude each other; give one');
  if (open && !isLoopback(host))
    throw new UsageError(`--open must not be given with --host ${host}, which others can reach`);
  if (given.has('trace-max-bytes') && trace === undefined)
    throw new UsageError('--trace-max-bytes requires --trace, the file that it limits');
  return {
    ...{ port, host, folder: data, stage, config, quiet, timer: !values['no-timer'] },
    tokens: tokens || !isLoopback(host) ? true : open ? false : undefined,
    allowHosts: values['allow-host'],
    corsOrigins: values['cors-origin'],
    keepAliveSeconds: values['keep-alive'],
    ratePerAddress: values['rate-per-address'],
    trustedProxies: values['trusted-proxy'],
    ...{ rate, shards, shardLimits: values['shard-limits'], keyFormat: values['key-format'] },
    defaultMode: values['default-mode'],
    trace: trace === undefined ? undefined : { file: trace, bytesMax: values['trace-max-bytes'] },
  };
}

function parseAddress(given: string): string | undefined {
  return isIP(given) === 0 ? undefined : given;
}

export function isLoopback(host: string): boolean {
  return host === '::1' || isLoopbackHost(host);
}

function parseHost(given: string): string | undefined {
  const { host = '', port } = parseAuthority(given) ?? {};
  return host !== '' && port === undefined ? given : undefined;
}

/** As browsers write it in `Origin`. */
function parseOrigin(given: string): string | undefined {
  const isOrigin = URL.canParse(given) && /^https?:/.test(given) && new URL(given).origin === given;
  return isOrigin ? given : undefined;
}
