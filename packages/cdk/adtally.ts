import { fileURLToPath } from 'node:url';
import type { Construct } from 'constructs';
import { Pipeline } from '../../lib/infra/pipeline.ts';
import { nearestName } from '../../lib/options.ts';
import type { StageDefinition } from '../../lib/settings/define-stage.ts';
import { resolveStage, SettingsError } from '../../lib/settings/resolve-stage.ts';
import {
  isStageName,
  stageNames,
  stageSettings,
  type BuiltInStage,
  type StageSettings,
} from '../../lib/stages.ts';
import { version } from '../../lib/version.ts';

/** `local` is for one process, and is on no AWS. */
export type BuiltInStageName = Exclude<BuiltInStage, 'local'>;

export interface AdtallyProps {
  /**
   * What to deploy: the name of a built-in stage, or one of your own by `defineStage`. The stage decides what it costs:
   * `dev` $33 a month idle, `prod` $79, `staging` $88, and more with the load (docs/deploy.md has the table). It has no
   * default, because `prod` retains its data and `dev` does not. Names of resources have the stage's name in them, so
   * an account has each once.
   */
  readonly stage: BuiltInStageName | StageDefinition;
  /**
   * A text in the functions' descriptions, which says what runs. With gradual releases another text is a release of
   * each function, five minutes long. Free. Default: the version of this package.
   */
  readonly release?: string;
  /**
   * With gradual releases, lets a release go through while one of its alarms rings. Free. Default: false, the release
   * is sent back.
   */
  readonly ignoreReleaseAlarms?: boolean;
}

/**
 * A complete stage of adtally: an API, functions, two streams, four tables, alarms and a dashboard, 280 to 340 of the
 * 500 resources that a stack may have. Throws a SettingsError for a stage that is unknown or invalid.
 */
export class Adtally extends Pipeline {
  constructor(scope: Construct, id: string, { stage, release = version, ignoreReleaseAlarms }: AdtallyProps) {
    super(scope, id, {
      settings: settingsOf(stage, `${scope.node.path}/${id}`),
      bundle: (name) => fileURLToPath(new URL(`./functions/${name}`, import.meta.url)),
      release,
      ...(ignoreReleaseAlarms !== undefined && { ignoreReleaseAlarms }),
    });
  }
}

/** `given`: also what a program without types gives. */
function settingsOf(given: unknown, where: string): StageSettings {
  if (typeof given === 'string') {
    if (isBuiltIn(given)) return stageSettings(given);
    const nearest = nearestName(given, onAws);
    const meant = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
    throw new SettingsError(
      `${where}: the stage ${given} is not on AWS.${meant} There are ${onAws.join(', ')}; define others with defineStage.`,
    );
  }
  const { name } = (given ?? {}) as { readonly name?: unknown };
  if (typeof name !== 'string')
    throw new SettingsError(
      `${where}: stage must be the name of a stage, such as 'dev', or defineStage({ name: 'shop', extends: 'prod' }).`,
    );
  return resolveStage(name, [given as StageDefinition], where).settings;
}

const onAws = stageNames.filter(isBuiltIn);

function isBuiltIn(name: string): name is BuiltInStageName {
  return isStageName(name) && name !== 'local';
}
