import {
  commandLine,
  flag,
  optionLines,
  parseOptions,
  requireNewFolder,
  text,
  whole,
} from '../../../lib/options.ts';

export const demoFolder = '.adtally-demo';

const bounds = { min: 1, max: 10_000_000 };
const options = {
  ads: whole({ about: 'ads to create', ...bounds, default: 1000 }),
  queries: whole({ about: 'queries of ads', ...bounds, default: 20_000 }),
  increments: whole({
    about: 'increments to one key, and as many to many keys',
    ...{ ...bounds, default: 50_000 },
  }),
  keys: whole({ about: 'how many keys', ...bounds, default: 10_000 }),
  connections: whole({ about: 'connections for the increments', min: 1, max: 900, default: 200 }),
  keyed: flag('send each increment with an Idempotency-Key, and again after a 503'),
  keep: flag('the pipeline stays up after the load, until Ctrl-C; the same command begins anew'),
  port: whole({
    about: 'port of the pipeline; 0 takes any free one (default: with --keep 3333)',
    ...{ min: 0, max: 65_535 },
  }),
  data: text('the name of a folder', {
    argument: '<folder>',
    about: `a folder that is absent or empty (default ${demoFolder}, emptied first)`,
  }),
};

export const demoUsage = `A client puts load on a fresh pipeline and compares what was acknowledged with what was counted.
${commandLine('demo')} [options]

${optionLines(options)}`;

export type DemoOptions = ReturnType<typeof readDemoOptions>;
/** The sizes of the load. */
export type DemoLoad = Omit<DemoOptions, 'data' | 'keep' | 'port'>;

const keptPort = 3333;

/** Throws a UsageError. */
export function readDemoOptions(args: readonly string[]) {
  const { values } = parseOptions(args, options);
  if (values.data !== undefined) requireNewFolder('data', values.data);
  return { ...values, port: values.port ?? (values.keep ? keptPort : 0) };
}
