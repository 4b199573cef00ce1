import {
  commandLine,
  flag,
  optionLines,
  parseOptions,
  requireNewFolder,
  text,
  UsageError,
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
  delivery: flag('instead: a day of ads with goals on 50 containers, in virtual time, in about a minute'),
  seed: whole({ about: 'of that day: arrivals, latencies and clocks (default 1)', min: 0, max: 2 ** 31 }),
  quick: flag('two hours instead of that day'),
  docs: text('the name of a folder', {
    argument: '<folder>',
    about: 'writes the table of that day into delivery.md in it, and a plot beside',
  }),
};

/** Options of the day, which mean nothing without it. */
const dayOptions = ['seed', 'quick', 'docs'] as const;
const seedDefault = 1;

export const demoUsage = `A client puts load on a fresh pipeline and compares what was acknowledged with what was counted.
${commandLine('demo')} [options]

${optionLines(options)}`;

export type DemoOptions = ReturnType<typeof readDemoOptions>;
/** The sizes of the load. */
export type DemoLoad = Pick<DemoOptions, 'ads' | 'queries' | 'increments' | 'keys' | 'connections' | 'keyed'>;

const keptPort = 3333;

/** Throws a UsageError. */
export function readDemoOptions(args: readonly string[]) {
  const { values } = parseOptions(args, options);
  if (values.data !== undefined) requireNewFolder('data', values.data);
  const { delivery, quick, docs } = values;
  const given = dayOptions.find((name) => values[name] !== undefined && values[name] !== false);
  if (!delivery && given !== undefined) throw new UsageError(`--${given} must be given with --delivery`);
  if (quick && docs !== undefined) throw new UsageError('--docs must be given without --quick');
  return {
    ...values,
    seed: values.seed ?? seedDefault,
    port: values.port ?? (values.keep ? keptPort : 0),
  };
}
