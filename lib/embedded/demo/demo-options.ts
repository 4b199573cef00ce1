import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** undefined: the demo's own folder, emptied first. */
  readonly folder: string | undefined;
  readonly ads: number;
  readonly queries: number;
  readonly increments: number;
  readonly connections: number;
  readonly keys: number;
  readonly keyed: boolean;
}

export type DemoArguments =
  | { readonly type: 'run'; readonly options: DemoOptions }
  | { readonly type: 'help' }
  | { readonly type: 'faulty'; readonly message: string };

export const demoFolder = '.adtally-demo';

export const demoHelp = `A client puts load on a fresh pipeline and compares what was acknowledged with what was counted.
npm run demo -- [options]

  --ads <n>          ads to create (default 1000)
  --queries <n>      questions for ads (default 20000)
  --increments <n>   increments to one key, and as many to many keys (default 50000)
  --keys <n>         how many keys (default 10000)
  --connections <n>  connections for the increments (default 200)
  --keyed            send each increment with an Idempotency-Key, and again after a 503
  --data <folder>    a folder that is absent or empty (default ${demoFolder}, emptied first)
  --help             this text
`;

const countMax = 10_000_000;

export function parseDemoArguments(args: readonly string[]): DemoArguments {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return {
      type: 'faulty',
      message: (error as Error).message.split('. ')[0] ?? 'the arguments are not valid',
    };
  }
  if (values.help) return { type: 'help' };
  const { data, keyed, ads, queries, increments, connections, keys } = values;
  const counts = { ads, queries, increments, connections, keys };
  for (const [name, text] of Object.entries(counts)) {
    if (!/^[1-9]\d{0,7}$/.test(text) || Number(text) > countMax) {
      return { type: 'faulty', message: `--${name} ${text}: not a number from 1 to ${countMax}` };
    }
  }
  if (Number(connections) > 900) return { type: 'faulty', message: '--connections: at most 900' };
  if (data === '') return { type: 'faulty', message: '--data: the name of a folder is missing' };
  return {
    type: 'run',
    options: {
      folder: data,
      keyed,
      ads: Number(ads),
      queries: Number(queries),
      increments: Number(increments),
      connections: Number(connections),
      keys: Number(keys),
    },
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: false,
    options: {
      ads: { type: 'string', default: '1000' },
      queries: { type: 'string', default: '20000' },
      increments: { type: 'string', default: '50000' },
      keys: { type: 'string', default: '10000' },
      connections: { type: 'string', default: '200' },
      keyed: { type: 'boolean', default: false },
      data: { type: 'string' },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  }).values;
}
