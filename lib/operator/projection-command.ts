import { ChangeLogGapError } from '../app/ads/change-log.ts';
import { projectionsOf, type ProjectionHead } from '../app/ads/ad-head.ts';
import { buildProjection, type BuildResult } from '../app/projection/build-projection.ts';
import {
  adRanges,
  compareSides,
  type SideDifference,
  type SidesComparison,
} from '../app/projection/compare-sides.ts';
import { dropProjection, type DropResult } from '../app/projection/drop-projection.ts';
import { otherProjection, readLayout } from '../app/projection/projection-record.ts';
import { switchReaders, type SwitchResult } from '../app/projection/switch-readers.ts';
import { MovingProjectionError } from '../app/rebuild/compare-projection.ts';
import { commandLine, UsageError } from '../options.ts';
import type { OperatorStage } from './operator-stage.ts';
import {
  exitCodes,
  parseStageArguments,
  stageOptionsHelp,
  type ExitCode,
  type StageCommand,
  type Write,
} from './stage-command.ts';

const verbs = ['start', 'status', 'compare', 'switch', 'back', 'drop'] as const;

export interface ProjectionOptions {
  readonly verb: (typeof verbs)[number];
  readonly json: boolean;
}

const help = `Builds a second projection of the ads beside the first and moves readers: ${commandLine('projection')} <command>

  start    builds the second projection from the first change on, while the stage runs; from then on every
           commit writes both; run it again if it stopped
  status   the projections, and how many versions one that is being built is behind
  compare  compares both with the change log, by digests of ${adRanges} ranges of ads
  switch   moves readers to the projection that was started, if it holds what the change log leads to
  back     moves them back to the other one
  drop     removes the projection that readers do not use: at the earliest 15 minutes after they left it

${stageOptionsHelp}
Readers follow within 5 seconds; no read and no write waits. Two projections cost one write more for each
change of an ad.
Exit codes: 0 done or already so, 1 something differs or the command was refused, 2 wrong arguments, 3 the
change log has a gap or changes too fast, 4 the stage cannot be opened or does not answer.
`;

/** `npm run projection`: two projections of the ads side by side. */
export const projectionCommand: StageCommand<ProjectionOptions> = {
  name: 'projection',
  help,
  parse(args) {
    const { location, values, words } = parseStageArguments(args, {}, 1);
    const verb = verbs.find((known) => known === words[0]);
    if (verb === undefined) {
      const got = words[0] === undefined ? '' : `; got ${words[0]}`;
      throw new UsageError(`the command must be ${verbs.slice(0, -1).join(', ')} or drop${got}`);
    }
    return { location, options: { verb, json: (values as { json: boolean }).json } };
  },
  async run(stage, { verb, json }, write) {
    const say = sayTo(write, json);
    try {
      return await perform(stage, verb, say);
    } catch (error) {
      if (!(error instanceof ChangeLogGapError) && !(error instanceof MovingProjectionError)) throw error;
      say({ undecidable: error.message }, error.message);
      return exitCodes.undecidable;
    }
  },
};

type Say = (facts: Readonly<Record<string, unknown>>, text: string) => void;

function sayTo(write: Write, json: boolean): Say {
  return (facts, text) => {
    write(json ? `${JSON.stringify(facts)}\n` : `${text}\n`);
  };
}

async function perform(stage: OperatorStage, verb: ProjectionOptions['verb'], say: Say): Promise<ExitCode> {
  switch (verb) {
    case 'start':
      return tellBuild(await buildProjection(stage), say);
    case 'status':
      return tellStatus(stage, say);
    case 'compare':
      return tellCompare(await compareSides(stage), say);
    case 'switch':
    case 'back': {
      const { head, record } = await readLayout(stage);
      if (record === undefined) return tellSwitch({ status: 'absent' }, say);
      // A record of one that is being dropped names the one that readers have left.
      const to = verb === 'switch' ? record.id : otherProjection(record.id);
      if (record.state === 'building' && verb === 'back')
        return tellSwitch({ status: 'unchanged', head }, say);
      return tellSwitch(await switchReaders(stage, to), say);
    }
    case 'drop': {
      const { head } = await readLayout(stage);
      return tellDrop(await dropProjection(stage, otherProjection(head.active.id)), say);
    }
  }
}

function tellBuild(result: BuildResult, say: Say): ExitCode {
  switch (result.status) {
    case 'built': {
      const { id, throughVersion } = result.record;
      const later = result.hasSnapshot ? '' : '; its snapshot comes with the next changes';
      const text = `projection ${id} is built through version ${throughVersion}, and every commit writes it${later}`;
      say({ state: 'built', projection: id, version: throughVersion, snapshot: result.hasSnapshot }, text);
      return exitCodes.done;
    }
    case 'kept':
      say(
        { state: 'kept', projection: result.record.id },
        `projection ${result.record.id} is built already; nothing to do`,
      );
      return exitCodes.done;
    case 'no-ads':
      say({ state: 'no-ads' }, 'refused: this stage has had no ads; start again when it has');
      return exitCodes.found;
    case 'dropping':
      say(
        { state: 'dropping', projection: result.record.id },
        `refused: projection ${result.record.id} is being dropped; run drop to its end, then start`,
      );
      return exitCodes.found;
    case 'taken-over':
      say({ state: 'taken-over' }, 'stopped: another start or drop has taken over; see status');
      return exitCodes.found;
    case 'busy':
      say(
        { state: 'busy', projection: result.record.id, through: result.record.throughVersion },
        `stopped at version ${result.record.throughVersion}: ads change too fast to join; start again, it goes on`,
      );
      return exitCodes.undecidable;
  }
}

async function tellStatus(stage: OperatorStage, say: Say): Promise<ExitCode> {
  const { head, record } = await readLayout(stage);
  const lineOf = ({ id, form, snapshotVersion }: ProjectionHead, role: string): void => {
    const facts = { projection: id, role, form, version: head.version, snapshot_version: snapshotVersion };
    say(
      facts,
      `projection ${id}  ${role}, version ${head.version}, snapshot at ${snapshotVersion}, form ${form}`,
    );
  };
  lineOf(head.active, 'active');
  if (head.second !== undefined) lineOf(head.second, 'kept beside it');
  if (record !== undefined && !projectionsOf(head).some(({ id }) => id === record.id)) {
    const { id, state, throughVersion } = record;
    const behind = head.version - throughVersion;
    const facts = { projection: id, role: state, through: throughVersion, behind };
    say(
      facts,
      state === 'building'
        ? `projection ${id}  is being built: ${behind} versions behind; run start if no start runs`
        : `projection ${id}  is being dropped; run drop if no drop runs`,
    );
  }
  return exitCodes.done;
}

function tellCompare(compared: SidesComparison | undefined, say: Say): ExitCode {
  if (compared === undefined) {
    say({ state: 'absent' }, 'refused: there is one projection only; start builds a second');
    return exitCodes.found;
  }
  const { head, ads, equalRanges, differences } = compared;
  tellDifferences(differences, say);
  const found = differences.length === 0 ? 'equal' : `${differences.length} differences`;
  say(
    {
      version: head.version,
      ads,
      ranges: adRanges,
      equal_ranges: equalRanges,
      differences: differences.length,
    },
    `version ${head.version}, ${ads} live ads, ${equalRanges} of ${adRanges} ranges equal: ${found}`,
  );
  return differences.length === 0 ? exitCodes.done : exitCodes.found;
}

const shownMax = 100;

function tellDifferences(differences: readonly SideDifference[], say: Say): void {
  for (const difference of differences.slice(0, shownMax)) {
    const { projection, what } = difference;
    const part = difference.type === 'ad' ? `ad ${difference.adId}` : `snapshot ${difference.version}`;
    say({ difference }, `projection ${projection}: ${part}: ${what}`);
  }
  const more = differences.length - shownMax;
  if (more > 0) say({ more }, `and ${more} more`);
}

function tellSwitch(result: SwitchResult, say: Say): ExitCode {
  switch (result.status) {
    case 'switched':
    case 'unchanged': {
      const { id } = result.head.active;
      const text = result.status === 'switched' ? 'readers move to' : 'readers use it already:';
      say({ state: result.status, projection: id, version: result.head.version }, `${text} projection ${id}`);
      return exitCodes.done;
    }
    case 'behind':
      say(
        { state: 'behind', versions: result.versions },
        `refused: it is still being built, ${result.versions} versions behind; run start to its end`,
      );
      return exitCodes.found;
    case 'absent':
      say({ state: 'absent' }, 'refused: there is no second projection; start builds one');
      return exitCodes.found;
    case 'no-snapshot':
      say({ state: 'no-snapshot' }, 'refused: it has no snapshot yet; run start, which writes one');
      return exitCodes.found;
    case 'differs':
      tellDifferences(result.differences, say);
      say(
        { state: 'differs', differences: result.differences.length },
        `refused: ${result.differences.length} differences from the change log; drop it and start again`,
      );
      return exitCodes.found;
    case 'conflict':
      say({ state: 'conflict' }, 'refused: another operator was first; see status, then decide again');
      return exitCodes.found;
  }
}

function tellDrop(result: DropResult, say: Say): ExitCode {
  switch (result.status) {
    case 'dropped':
      say({ state: 'dropped' }, 'dropped');
      return exitCodes.done;
    case 'too-soon': {
      const until = new Date(result.untilMs).toISOString();
      say({ state: 'too-soon', until }, `refused: readers may still use it; drop it after ${until}`);
      return exitCodes.found;
    }
    case 'absent':
      say({ state: 'absent' }, 'refused: there is one projection only, and readers use it');
      return exitCodes.found;
    case 'active':
    case 'conflict':
      say({ state: 'conflict' }, 'refused: another operator was first; see status, then decide again');
      return exitCodes.found;
  }
}
