import { LambdaClient } from '@aws-sdk/client-lambda';
import { clientOptions } from '../adapters/aws/aws-clients.ts';
import { readLambdaConcurrency, type LambdaConcurrency } from '../adapters/aws/lambda-concurrency.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemIds } from '../adapters/system/system-ids.ts';
import { lambdaName } from '../aws-names.ts';
import {
  commandLine,
  flag,
  optionLines,
  parseOptions,
  text,
  UsageError,
  type Command,
  type Values,
} from '../options.ts';
import { SettingsError } from '../settings/resolve-stage.ts';
import { configOption, readSettings } from '../settings/settings-file.ts';
import { deployedFunctions, type StageSettings } from '../stages.ts';
import { exitCodes } from './stage-command.ts';

/** What Lambda keeps for functions without a reservation, of an account that has as much. */
const keptMax = 100;
/** Lambda's quota of functions that run at once. */
const quotaCode = 'L-B99A9384';

const options = {
  stage: text('the name of a stage', { argument: '<name>', about: 'the stage that you will deploy' }),
  config: configOption,
  json: flag('one JSON object'),
};

const usage = `Checks whether the account can spare the concurrency that a stage reserves, before it is deployed:
${commandLine('account')} --stage <name> [options]

${optionLines(options)}
Credentials and Region come from the environment; lambda:GetAccountSettings and lambda:GetFunctionConcurrency suffice.
Exit codes: 0 it can, or the stage reserves none, 1 it cannot, 2 wrong arguments, 4 AWS does not answer.
`;

type Given = Omit<Values<typeof options>, 'stage'> & { readonly stage: string };

export const accountCommand: Command<Given> = {
  name: 'account',
  usage,
  read(args) {
    const { stage, ...rest } = parseOptions(args, options).values;
    if (stage === undefined) throw new UsageError('--stage is missing; it must be the name of a stage');
    if (stage === 'local') throw new UsageError('--stage must be a stage on AWS; got local');
    return { ...rest, stage };
  },
  async run({ stage, config, json }) {
    try {
      const wanted = reservations(await readSettings(stage, config));
      const plan = concurrencyPlan(wanted, await readConcurrency([...wanted.keys()]));
      process.stdout.write(
        `${json ? JSON.stringify({ stage, ...plan }) : concurrencyText(stage, wanted, plan)}\n`,
      );
      return plan.enough ? exitCodes.done : exitCodes.found;
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      return error instanceof SettingsError ? exitCodes.wrongArguments : exitCodes.failed;
    }
  },
};

/** What a stage reserves, by the name that the function has on AWS. */
export function reservations(settings: StageSettings): ReadonlyMap<string, number> {
  const { reservedConcurrency = {} } = settings.cloud;
  const wanted = deployedFunctions(settings).map(
    (name) => [lambdaName(settings.stage, name), reservedConcurrency[name]] as const,
  );
  return new Map(wanted.filter((one): one is readonly [string, number] => one[1] !== undefined));
}

/** undefined: nobody asks, as the stage reserves nothing. */
async function readConcurrency(functions: readonly string[]): Promise<LambdaConcurrency | undefined> {
  if (functions.length === 0) return undefined;
  const client = new LambdaClient(clientOptions());
  try {
    return await readLambdaConcurrency({ client, clock: systemClock, ids: systemIds }, functions);
  } finally {
    client.destroy();
  }
}

export interface ConcurrencyPlan {
  readonly enough: boolean;
  /** The sum that the stage reserves. */
  readonly wanted: number;
  /** By how much the reservations of the account grow. */
  readonly more: number;
  readonly limit?: number;
  readonly unreserved?: number;
  /** What Lambda keeps for functions without a reservation. */
  readonly kept?: number;
  /** The quota with which it would be enough. */
  readonly limitNeeded?: number;
}

/**
 * A function whose reservation shrinks gives back what others need only once it is updated, and CloudFormation decides
 * when, so it does not count.
 */
export function concurrencyPlan(
  wanted: ReadonlyMap<string, number>,
  account: LambdaConcurrency | undefined,
): ConcurrencyPlan {
  const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + count, 0);
  if (account === undefined) return { enough: true, wanted: 0, more: 0 };
  const { limit, unreserved, reserved } = account;
  const more = sum([...wanted].map(([name, count]) => Math.max(0, count - (reserved.get(name) ?? 0))));
  const kept = Math.min(keptMax, limit);
  return {
    enough: more === 0 || unreserved - more >= kept,
    ...{ wanted: sum(wanted.values()), more, limit, unreserved, kept },
    limitNeeded: limit - unreserved + more + keptMax,
  };
}

/** What the command prints. */
export function concurrencyText(
  stage: string,
  wanted: ReadonlyMap<string, number>,
  plan: ConcurrencyPlan,
): string {
  const { enough, more, limit = 0, unreserved = 0, kept = 0, limitNeeded = 0 } = plan;
  if (wanted.size === 0) return `${stage} reserves no concurrency: nothing to check`;
  const each = [...wanted].map(([name, count]) => `${name} ${count}`).join(', ');
  const facts = [
    `${stage} reserves ${plan.wanted} (${each}), ${more} more than it has now.`,
    `The account may run ${limit} functions at once; ${unreserved} of these are not reserved, and Lambda keeps ${kept}.`,
  ];
  if (enough) return [...facts, 'That is enough.'].join('\n');
  return [
    ...facts,
    `That is not enough: a deployment would fail. Lower cloud.reservedConcurrency by ${Math.min(more, more - (unreserved - kept))}, or ask for a quota of ${limitNeeded}:`,
    `  aws service-quotas request-service-quota-increase --service-code lambda --quota-code ${quotaCode} --desired-value ${limitNeeded}`,
  ].join('\n');
}
