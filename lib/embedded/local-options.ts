import { parseArgs } from 'node:util';
import { isLoopbackHost, parseAuthority } from './http/authority.ts';
import { traceBytesMax, traceBytesMin } from './trace/trace-file.ts';
import { stageNames, isStageName, type RateSettings, type StageName } from '../stages.ts';

export interface LocalOptions {
  readonly port: number;
  readonly host: string;
  readonly folder: string;
  readonly stage: StageName;
  readonly quiet: boolean;
  readonly timer: boolean;
  /** undefined: calls need a token once the data folder has had one. */
  readonly tokens: boolean | undefined;
  readonly allowHosts: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly keepAliveSeconds: number;
  readonly rate: RateSettings | undefined;
  /** Of the increments; undefined: as many as the stage has. */
  readonly shards: number | undefined;
  readonly shardLimits: boolean;
  /** undefined: none is made. */
  readonly trace: LocalTrace | undefined;
}

export interface LocalTrace {
  readonly file: string;
  readonly bytesMax: number;
}

export type LocalArguments =
  | { readonly type: 'start'; readonly options: LocalOptions }
  | { readonly type: 'help' }
  | { readonly type: 'faulty'; readonly message: string };

const shardsMax = 64;
const keepAliveSecondsMax = 3600;
/** A bound for options that may be given again and again. */
const namesMax = 100;

export const localHelp = `adtally in one process: npm start -- [options]

  --port <n>       port of the API, 0 to 65535; 0 takes any free one (default 3333)
  --host <name>    address to listen on (default 127.0.0.1); other than loopback needs tokens
  --data <folder>  where everything is kept; created if absent (default .adtally)
  --stage <name>   whose settings to run with: ${stageNames.join(', ')} (default local)
  --tokens         require a token; the default once the data folder has had one (npm run tokens)
  --open           require no token, though there are some; loopback only
  --allow-host <name>    without tokens, answer to this Host too, not only to localhost; repeatable
  --cors-origin <origin> let pages of this origin, such as https://app.example, read answers; repeatable
                   (default: without tokens those of this machine, with tokens those of the stage)
  --keep-alive <s> seconds for which a connection without a request is kept, 1 to ${keepAliveSecondsMax} (default 75)
  --rate <n[:b]>   limit calls without a token, by address: n a second, b at once (default 5n)
  --shards <n>     shards of the log of increments, 1 to ${shardsMax}; the log is resharded (default: the stage's)
  --shard-limits   refuse what Kinesis would: over 1,000 records or 1 MiB a second of one shard
  --trace <file>   write a trace of a sample, the slowest and the failed requests (docs/tracing.md)
  --trace-max-bytes <n>  size at which the trace ends (default ${traceBytesMax})
  --no-timer       let no expiry schedule fire; ads end on time all the same
  --quiet          log nothing but warnings and errors
  --help           this text
`;

/** Reads the command line of `npm start`. */
export function parseLocalArguments(args: readonly string[]): LocalArguments {
  const faulty = (message: string): LocalArguments => ({ type: 'faulty', message });
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    // parseArgs explains itself well in its first sentence.
    return faulty((error as Error).message.split('. ')[0] ?? 'the arguments are not valid');
  }
  const { port, host, data, stage, tokens, open } = values;
  if (values.help) return { type: 'help' };
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    return faulty(`--port ${port}: not a port, 0 to 65535`);
  if (!isStageName(stage)) return faulty(`--stage ${stage}: not one of ${stageNames.join(', ')}`);
  if (data === '') return faulty('--data: the name of a folder is missing');
  if (host === '') return faulty('--host: the address is missing');
  if (tokens && open) return faulty('--tokens and --open: one or the other');
  if (open && !isLoopback(host)) return faulty(`--open: not on ${host}, which others can reach`);
  const rate = values.rate === undefined ? undefined : parseRate(values.rate);
  if (rate === 'faulty')
    return faulty(`--rate ${values.rate ?? ''}: not calls a second, as in 200 or 200:1000`);
  const shards = values.shards === undefined ? undefined : Number(values.shards);
  if (shards !== undefined && !(Number.isInteger(shards) && shards >= 1 && shards <= shardsMax))
    return faulty(`--shards ${values.shards ?? ''}: not a number of shards, 1 to ${shardsMax}`);
  const { 'allow-host': allowHosts, 'cors-origin': corsOrigins, 'keep-alive': keepAlive } = values;
  const badHost = allowHosts.find((name) => parseAuthority(name)?.port !== undefined || !isHostName(name));
  if (badHost !== undefined) return faulty(`--allow-host ${badHost}: not a host name, without a port`);
  const badOrigin = corsOrigins.find((origin) => !isOrigin(origin));
  if (badOrigin !== undefined)
    return faulty(`--cors-origin ${badOrigin}: not an origin, as in https://app.example`);
  if (allowHosts.length > namesMax || corsOrigins.length > namesMax)
    return faulty(`--allow-host and --cors-origin: at most ${namesMax} times each`);
  const keepAliveSeconds = Number(keepAlive);
  if (!/^\d{1,4}$/.test(keepAlive) || keepAliveSeconds < 1 || keepAliveSeconds > keepAliveSecondsMax)
    return faulty(`--keep-alive ${keepAlive}: not a number of seconds, 1 to ${keepAliveSecondsMax}`);
  const trace = parseTrace(values.trace, values['trace-max-bytes']);
  if (typeof trace === 'string') return faulty(trace);
  return {
    type: 'start',
    options: {
      port: Number(port),
      host,
      folder: data,
      stage,
      quiet: values.quiet,
      timer: !values['no-timer'],
      tokens: tokens || !isLoopback(host) ? true : open ? false : undefined,
      allowHosts,
      corsOrigins,
      keepAliveSeconds,
      rate,
      shards,
      shardLimits: values['shard-limits'],
      trace,
    },
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: false,
    options: {
      port: { type: 'string', default: '3333' },
      host: { type: 'string', default: '127.0.0.1' },
      data: { type: 'string', default: '.adtally' },
      stage: { type: 'string', default: 'local' },
      tokens: { type: 'boolean', default: false },
      open: { type: 'boolean', default: false },
      'allow-host': { type: 'string', multiple: true, default: [] },
      'cors-origin': { type: 'string', multiple: true, default: [] },
      'keep-alive': { type: 'string', default: '75' },
      rate: { type: 'string' },
      shards: { type: 'string' },
      'shard-limits': { type: 'boolean', default: false },
      trace: { type: 'string' },
      'trace-max-bytes': { type: 'string' },
      'no-timer': { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  }).values;
}

function parseRate(text: string): RateSettings | 'faulty' {
  const [, perSecond, burst] = /^(\d{1,7})(?::(\d{1,7}))?$/.exec(text) ?? [];
  const ratePerSecond = Number(perSecond);
  const rate = { ratePerSecond, burst: burst === undefined ? 5 * ratePerSecond : Number(burst) };
  return rate.ratePerSecond > 0 && rate.burst > 0 ? rate : 'faulty';
}

/** Text: what is wrong. */
function parseTrace(
  file: string | undefined,
  bytes: string = String(traceBytesMax),
): LocalTrace | string | undefined {
  const bytesMax = /^\d{1,12}$/.test(bytes) ? Number(bytes) : 0;
  if (bytesMax < traceBytesMin)
    return `--trace-max-bytes ${bytes}: not a number of bytes, from ${traceBytesMin}`;
  if (file === '') return '--trace: the name of a file is missing';
  return file === undefined ? undefined : { file, bytesMax };
}

function isLoopback(host: string): boolean {
  return host === '::1' || isLoopbackHost(host);
}

function isHostName(text: string): boolean {
  return (parseAuthority(text)?.host ?? '') !== '';
}

/** As browsers write it in `Origin`. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
}
