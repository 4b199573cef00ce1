import { parseArgs } from 'node:util';
import { stageNames, isStageName, type StageName } from '../stages.ts';

export interface LocalOptions {
  readonly port: number;
  readonly host: string;
  readonly folder: string;
  readonly stage: StageName;
  readonly quiet: boolean;
  readonly timer: boolean;
}

export type LocalArguments =
  | { readonly type: 'start'; readonly options: LocalOptions }
  | { readonly type: 'help' }
  | { readonly type: 'faulty'; readonly message: string };

export const localHelp = `adtally in one process: npm start -- [options]

  --port <n>       port of the API, 0 to 65535; 0 takes any free one (default 3333)
  --host <name>    address to listen on; a loopback address (default 127.0.0.1)
  --data <folder>  where everything is kept; created if absent (default .adtally)
  --stage <name>   whose settings to run with: ${stageNames.join(', ')} (default local)
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
  const { port, host, data, stage } = values;
  if (values.help) return { type: 'help' };
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    return faulty(`--port ${port}: not a port, 0 to 65535`);
  if (!isStageName(stage)) return faulty(`--stage ${stage}: not one of ${stageNames.join(', ')}`);
  if (data === '') return faulty('--data: the name of a folder is missing');
  if (!isLoopback(host)) {
    return faulty(
      `--host ${host}: not a loopback address. There are no tokens yet, so whoever reaches the API may change everything; use 127.0.0.1, ::1 or localhost, and a tunnel or proxy of your own to reach it from elsewhere`,
    );
  }
  return {
    type: 'start',
    options: {
      port: Number(port),
      host,
      folder: data,
      stage,
      quiet: values.quiet,
      timer: !values['no-timer'],
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
      'no-timer': { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  }).values;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
