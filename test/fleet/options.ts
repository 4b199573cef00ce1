import { choice, flag, optionLines, parseOptions, text, UsageError, whole } from '../../lib/options.ts';
import { scenarios } from './all-scenarios.ts';

export interface FleetCommand {
  /** undefined: all. */
  readonly scenario: string | undefined;
  readonly seed: number;
  readonly quick: boolean;
  readonly json: boolean;
  /** The folder of docs/fleet.md, whose tables and plots are written. */
  readonly docs: string | undefined;
}

const options = {
  scenario: choice(
    scenarios.map(({ name }) => name),
    { about: 'which one (default all)' },
  ),
  seed: whole({ about: 'of arrivals, latencies and clocks', min: 0, max: 2 ** 31, default: 1 }),
  quick: flag('seconds instead of minutes'),
  json: flag('each outcome as a line of JSON'),
  docs: text('a folder', {
    about: 'writes the tables of fleet.md in it, and a plot beside',
    argument: '<folder>',
  }),
};

export const usage = `Runs the functions in hundreds of containers, in virtual time, within AWS's quotas: npm run fleet -- [options]

${optionLines(options)}
Scenarios: ${scenarios.map(({ name, about }) => `${name}: ${about}`).join('\n           ')}
Exit codes: 0 every promise was kept, 1 one was broken, 2 wrong arguments, 4 the code crashed.
`;

export function readOptions(args: readonly string[]): FleetCommand {
  const { scenario, seed, quick, json, docs } = parseOptions(args, options).values;
  if (quick && docs !== undefined) throw new UsageError('--docs must be given without --quick');
  return { scenario, seed, quick, json, docs };
}
