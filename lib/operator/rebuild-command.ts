import { ChangeLogGapError } from '../app/ads/change-log.ts';
import {
  compareProjection,
  MovingProjectionError,
  type Comparison,
  type ProjectionDifference,
} from '../app/rebuild/compare-projection.ts';
import { switchProjection } from '../app/rebuild/switch-projection.ts';
import { commandLine, commandName, flag } from '../options.ts';
import {
  exitCodes,
  parseStageArguments,
  stageOptionsHelp,
  type ExitCode,
  type StageCommand,
} from './stage-command.ts';

export interface RebuildOptions {
  readonly json: boolean;
  readonly switchOver: boolean;
}

const help = `Rebuilds the projection of the ads from the change log and compares: ${commandLine('rebuild')} [options]

${stageOptionsHelp}  --switch         replace what differs by the result; without it nothing is written

The stage may run meanwhile. Warm readers keep their catalog: if the snapshot was wrong, restart ${commandName('start')} or
deploy. Schedules are not changed.
Exit codes: 0 equal (with --switch: now), 1 something differs, 2 wrong arguments, 3 the change log has a gap or
changes too fast, 4 the stage cannot be opened or does not answer.
`;

const ownOptions = { switch: flag('replace the items that differ with the replayed ones') };

export const rebuildCommand: StageCommand<RebuildOptions> = {
  name: 'rebuild',
  help,
  parse(args) {
    const { location, values } = parseStageArguments(args, ownOptions);
    return { location, options: { json: values.json, switchOver: values.switch } };
  },
  async run(stage, { json, switchOver }, write) {
    const say = (facts: Record<string, unknown>, text: string): void => {
      write(json ? `${JSON.stringify(facts)}\n` : `${text}\n`);
    };
    try {
      const before = await compareProjection(stage);
      tell(before, say);
      if (before.differences.length === 0) return exitCodes.done;
      if (!switchOver) return exitCodes.found;
      const after = await switchProjection(stage);
      if (after === undefined) throw new MovingProjectionError();
      say({ switched_at: after.head.version }, `switched at version ${after.head.version}: now equal`);
      return exitCodes.done;
    } catch (error) {
      if (!(error instanceof ChangeLogGapError) && !(error instanceof MovingProjectionError)) throw error;
      say({ undecidable: error.message }, error.message);
      return exitCodes.undecidable satisfies ExitCode;
    }
  },
};

const shownMax = 100;

function tell(
  { head, replay, differences }: Comparison,
  say: (facts: Record<string, unknown>, text: string) => void,
): void {
  const ads = replay.state.size;
  for (const difference of differences.slice(0, shownMax)) say({ difference }, textOf(difference));
  if (differences.length > shownMax) {
    say({ more: differences.length - shownMax }, `and ${differences.length - shownMax} more`);
  }
  const found = differences.length === 0 ? 'equal' : `${differences.length} differences`;
  say(
    { version: head.version, ads, differences: differences.length },
    `version ${head.version}, ${ads} live ads, snapshot at ${head.active.snapshotVersion}: ${found}`,
  );
}

function textOf(difference: ProjectionDifference): string {
  switch (difference.type) {
    case 'ad':
      return `ad ${difference.adId}: ${difference.what}`;
    case 'ended':
      return `ad ${difference.adId}, which has ended: ${difference.what}`;
    case 'head':
      return `head: ${difference.attribute} is ${difference.found} instead of ${difference.expected}`;
    case 'snapshot':
      return `snapshot ${difference.version}: ${difference.what}`;
  }
}
