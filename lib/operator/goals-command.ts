import { listGoals, resetLedgers, type ListedGoal } from '../app/delivery/operate-goals.ts';
import { commandLine, UsageError } from '../options.ts';
import {
  exitCodes,
  parseStageArguments,
  stageOptionsHelp,
  type Parsed,
  type StageCommand,
} from './stage-command.ts';

export interface GoalsOptions {
  readonly verb: 'list' | 'reset';
  readonly json: boolean;
}

/** `npm run goals`: how far the goals of live ads are, and what a restore needs. */
export const goalsCommand: StageCommand<GoalsOptions> = {
  name: 'goals',
  help: `Shows how far the goals of all live ads are, and makes them safe after a restore: ${commandLine('goals')} <command> [options]

  list             each goal, the one that is furthest behind its plan first
  reset            after a restore of a data folder, or of the table delivery: forgets which rights are out, so that
                   none goes out twice. Reports of earlier decisions are late from then on. It may run again.

${stageOptionsHelp}
Exit codes: 0 done, 2 wrong arguments, 4 the stage cannot be opened or does not answer.
`,
  parse: parseGoalsArguments,
  async run(stage, { verb, json }, write) {
    if (verb === 'reset') {
      const ads = await resetLedgers(stage);
      write(
        json ? `${JSON.stringify({ reset: ads })}\n` : `the ledgers of ${ads} ads with a goal are reset\n`,
      );
      return exitCodes.done;
    }
    const goals = await listGoals(stage);
    if (goals.length === 0 && !json) write('no live ad has a goal\n');
    for (const goal of goals.toSorted((a, b) => paceOf(a) - paceOf(b)))
      write(json ? `${JSON.stringify(factsOf(goal))}\n` : textOf(goal));
    return exitCodes.done;
  },
};

export function parseGoalsArguments(args: readonly string[]): Parsed<GoalsOptions> {
  const { location, values, words } = parseStageArguments(args, {}, 1);
  const [verb] = words;
  if (verb === undefined) throw new UsageError('a command is missing: list or reset');
  if (verb !== 'list' && verb !== 'reset')
    throw new UsageError(`the command must be list or reset; got ${verb}`);
  return { location, options: { verb, json: values.json } };
}

function paceOf({ report: { pace } }: ListedGoal): number {
  return pace.ratio ?? Infinity;
}

function factsOf({ ad, impressions, report }: ListedGoal): Readonly<Record<string, unknown>> {
  const { goal, remaining, rights, pace } = report;
  const { planned, ratio, state } = pace;
  return {
    ...{ id: ad.id, title: ad.title, status: ad.status ?? 'active', goal, impressions },
    ...{ remaining, rights, pace: { planned, ratio, state } },
  };
}

function textOf({ ad, impressions, report }: ListedGoal): string {
  const { total, daily } = report.goal.impressions;
  const ofGoal = total === undefined ? `${impressions}` : `${impressions} of ${total}`;
  const today =
    report.today === undefined || daily === undefined
      ? ''
      : `, today ${report.today.impressions} of ${daily}`;
  const { planned, state } = report.pace;
  const paused = ad.status === 'paused' ? ', paused' : '';
  const { out } = report.rights;
  return `${ad.id}  ${ofGoal}${today}, planned ${planned}, ${state}, rights out ${out}${paused}  ${JSON.stringify(ad.title)}\n`;
}
