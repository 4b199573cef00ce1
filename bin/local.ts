import { setTimeout as sleep } from 'node:timers/promises';
import { createConsoleLog } from '../lib/adapters/system/console-log.ts';
import {
  isLoopback,
  localUsage,
  readLocalOptions,
  type LocalOptions,
} from '../lib/embedded/local-options.ts';
import { idleTimeoutMs } from '../lib/embedded/http/connection.ts';
import { otlpSettings, OtlpSettingsError, type OtlpSettings } from '../lib/adapters/tracing/otlp-exporter.ts';
import { startRuntime, type Runtime } from '../lib/embedded/runtime.ts';
import { commandLine, commandName, runCommand, UsageError } from '../lib/options.ts';
import { SettingsError } from '../lib/settings/resolve-stage.ts';
import { readSettings } from '../lib/settings/settings-file.ts';
import type { StageSettings } from '../lib/stages.ts';

/**
 * `npm start`: the whole pipeline in this process. Exit codes: 0 stopped, 1 could not start or failed, 2
 * wrong arguments or variables, 130 and 143 killed by a second SIGINT or SIGTERM.
 */
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  fail(
    1,
    `adtally needs Node 24 and this is ${process.version}; \`npm ci\` brings it and \`npm start\` uses it.`,
  );
}

const sameSignalMs = 500;
/** After a disk failure, open requests have this long to get their error answers. */
const refusalsMs = 500;
/** Between two looks whether a full disk has room again. Until then, reads are answered. */
const roomLookMs = 1000;
/** The share of requests that is sampled. */
const defaultRatio = 0.1;

// If the terminal or the log collector goes away, or the disk of the log is full, log lines are lost but counting
// continues.
await runCommand({ name: 'start', usage: localUsage, read, run, losesOutput: true });

interface Given extends LocalOptions {
  readonly otlp: OtlpSettings | undefined;
  readonly ratio: number;
}

/** Throws a UsageError, also for a variable of the environment. */
function read(args: readonly string[]): Given {
  const options = readLocalOptions(args);
  const otlp = readOtlpSettings();
  // Variables of a tracing that nobody asked for may have values for other programs.
  const ratio = (options.trace ?? otlp) ? readSamplingRatio() : defaultRatio;
  return { ...options, otlp, ratio };
}

/** Resolves once the API answers and takes writes; what happens then sets the exit code. */
async function run(options: Given): Promise<number> {
  const { folder, quiet, timer, host, port, tokens, rate, shardLimits, trace } = options;
  const { allowHosts, corsOrigins, keepAliveSeconds, ratePerAddress, trustedProxies, otlp, ratio } = options;
  const log = createConsoleLog({ level: quiet ? 'warn' : 'info' });
  let runtime: Runtime;
  const settings = withOptions(await settingsOf(options), options);
  // Exit, so that a supervisor restarts the process or someone checks the disk: this server can only refuse
  // requests.
  const onBroken = (): void => void setTimeout(() => process.exit(1), refusalsMs);
  try {
    runtime = await startRuntime({
      ...{ folder, settings, host, port, timer, log, onBroken, shardLimits },
      ...{ allowHosts, corsOrigins, limits: { idleTimeoutMs: idleTimeoutMs(keepAliveSeconds) } },
      ...(tokens !== undefined && { tokens }),
      ...(rate && { rate }),
      ...(ratePerAddress && { ratePerAddress }),
      trustedProxies,
      ...((trace ?? otlp) && { trace: { ...trace, ...(otlp && { otlp }), ratio } }),
    });
  } catch (error) {
    fail(1, startFailure(error, options));
  }
  let stoppingSinceMs: number | undefined;
  const stop = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (stoppingSinceMs !== undefined) {
      // Under npm one Ctrl-C arrives twice: from the terminal and from npm.
      if (performance.now() - stoppingSinceMs > sameSignalMs) process.exit(signal === 'SIGINT' ? 130 : 143);
      return;
    }
    stoppingSinceMs = performance.now();
    log.info('stopping: finishing open requests and batches; send the signal again to exit immediately', {
      signal,
    });
    void runtime.stop().then(() => {
      log.info('stopped');
      process.exit(0);
    });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  if (!runtime.isWritable()) {
    process.stderr.write(`adtally is not ready: the disk of ${runtime.folder} is full; make room.\n`);
    while (stoppingSinceMs === undefined && !runtime.isWritable()) await sleep(roomLookMs);
    if (stoppingSinceMs !== undefined) return 0;
  }
  // Programs wait for this line, so it is also written with --quiet, and only once the API answers and takes
  // writes. It goes to standard error, so that standard output has only log lines.
  process.stderr.write(banner(runtime, settings));
  return 0;
}

async function settingsOf({ stage, config }: LocalOptions): Promise<StageSettings> {
  try {
    return await readSettings(stage, config);
  } catch (error) {
    if (error instanceof SettingsError) fail(2, error.message);
    throw error;
  }
}

function readOtlpSettings(): OtlpSettings | undefined {
  try {
    return otlpSettings(process.env);
  } catch (error) {
    throw error instanceof OtlpSettingsError ? new UsageError(error.message, { cause: error }) : error;
  }
}

/** The variable of OpenTelemetry's samplers. */
function readSamplingRatio(): number {
  const text = process.env['OTEL_TRACES_SAMPLER_ARG']?.trim() ?? '';
  const ratio = text === '' ? defaultRatio : Number(text);
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new UsageError(`OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1; got ${text}`);
}

/** The settings of the stage with those that the command line has instead. */
function withOptions(
  settings: StageSettings,
  { shards, keyFormat, defaultMode }: LocalOptions,
): StageSettings {
  const { streams, counters } = settings;
  const { increments } = streams;
  return {
    ...settings,
    streams: {
      ...streams,
      increments: { ...increments, shardCount: shards ?? increments.shardCount },
    },
    counters: {
      ...counters,
      keyFormat: keyFormat ?? counters.keyFormat,
      defaultMode: defaultMode ?? counters.defaultMode,
    },
  };
}

function banner({ url, folder, requiresToken }: Runtime, { stage, counters }: StageSettings): string {
  const key = counters.keyFormat === 'uuid' ? '0198c0de-7a11-7000-8000-000000000001' : 'ad-42/clicks';
  const body = JSON.stringify({ key, value: 1 });
  return [
    `adtally is ready on ${url}`,
    `  console  ${url}/console`,
    `  demo     ${url}/demo`,
    `  docs     ${url}/docs`,
    `  data     ${folder} (stage ${stage})`,
    requiresToken
      ? `  access   requires a token: -H "Authorization: Bearer $TOKEN" (${commandName('tokens')})`
      : `  access   anyone on this machine, without a token (${commandLine('tokens')} --help)`,
    `  try      curl ${url}/increment ${requiresToken ? '-H "Authorization: Bearer $TOKEN" ' : ''}-H 'content-type: application/json' -d '${body}'`,
    `           curl ${url}/increment/${encodeURIComponent(key)}${requiresToken ? ' -H "Authorization: Bearer $TOKEN"' : ''}`,
    '',
  ].join('\n');
}

function startFailure(error: unknown, { host, port, folder }: LocalOptions): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use. Choose another port with --port; 0 takes any free one.`;
    case 'EACCES':
    case 'EPERM':
      return `Port ${port} on ${host} is not allowed for this user. Choose one from 1024 on with --port.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return `--host ${host}: not an address of this machine. Use one of its own, or 0.0.0.0 for all.`;
    case 'no-tokens':
      return [
        `${isLoopback(host) ? '--tokens' : `Listening on ${host}`} requires a token, and ${folder} has none. Create one first:`,
        `  ${commandLine('tokens')} create --name me --scopes admin --data ${folder}`,
      ].join('\n');
    case 'trace-file':
      return `Cannot write the trace: ${(error as Error).message} (--trace).`;
    case 'data-folder-in-use':
    case 'data-folder-busy':
    case 'data-folder-unusable':
    case 'data-format':
      return `Cannot start: ${(error as Error).message} (--data).`;
    default:
      return `Cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

function fail(exitCode: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(exitCode);
}
