import { optionLines, parseOptions, choice, UsageError, value, whole } from '../../../lib/options.ts';
import { addressDefault, addressOption, tokenOf, tokenOption } from '../../../lib/bulk/api-options.ts';
import { distributionNames, distributions } from './distributions.ts';

const options = {
  ads: whole({ about: 'ads to create', min: 1, max: 1_000_000, default: 1000 }),
  like: choice(distributionNames, {
    about: distributionNames.map((name) => `${name.padEnd(8)}${distributions[name].about}`).join('\n'),
    default: 'uniform',
  }),
  url: addressOption(`where (default ${addressDefault})`),
  token: tokenOption,
  days: whole({ about: 'how long the ads live from --at on', min: 1, max: 3650, default: 30 }),
  at: value('an instant such as 2026-11-29T12:00:00Z', parseInstant, {
    argument: '<instant>',
    about: 'when they start (default now)',
  }),
  seed: whole({ about: 'seed of what is drawn: the same ads again', min: 0, max: 2 ** 31, default: 1 }),
  connections: whole({ about: 'calls at a time', min: 1, max: 64, default: 20 }),
};

export const seedUsage = `Creates ads through the API: npm run seed -- [options]

${optionLines(options)}
The same --seed, --like, --ads, --days and --at make the same ads, with other ids; each run adds its ads to those
that are there. Exit codes: 0 all are created and applied, 1 some are not, 2 wrong arguments.
`;

export type SeedOptions = ReturnType<typeof readSeedOptions>;

/** Throws a UsageError. */
export function readSeedOptions(args: readonly string[], nowMs: number) {
  const { values } = parseOptions(args, options);
  const startAtMs = values.at ?? nowMs;
  const dayMs = 86_400_000;
  if (startAtMs + values.days * dayMs <= nowMs)
    throw new UsageError('--at and --days name an end that has passed; ads must end later than now');
  const { url = addressDefault } = values;
  return {
    ...values,
    url,
    token: tokenOf(values.token),
    startAtMs,
    endAtMs: startAtMs + values.days * dayMs,
  };
}

function parseInstant(text: string): number | undefined {
  const ms = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
