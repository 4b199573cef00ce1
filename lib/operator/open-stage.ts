import { createConsoleTelemetry } from '../adapters/system/console-log.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemIds } from '../adapters/system/system-ids.ts';
import { readSettings } from '../settings/settings-file.ts';
import type { StageName } from '../stages.ts';
import { createDataFolder, openDataFolder } from './open-data-folder.ts';
import type { CommonPorts, OperatorStage } from './operator-stage.ts';

export interface StageLocation {
  readonly stage: StageName;
  /**
   * A data folder of `npm start`, running or not; undefined: the deployed stage. `local` is always a folder.
   */
  readonly data: string | undefined;
  /** The stack that has the deployed stage; undefined: `adtally-<stage>`. */
  readonly stack?: string | undefined;
  /** The settings file; undefined: that of the working folder, if there is one. */
  readonly config?: string | undefined;
  /** Create the data folder if it does not exist; default false. */
  readonly create?: boolean;
}

/** The default folder of `npm start`. */
export const defaultFolder = '.adtally';

/**
 * Rejects with an Error for the operator if the folder or the stack does not exist. Warnings go to standard
 * error.
 */
export async function openStage({
  stage,
  data,
  stack,
  config,
  create = false,
}: StageLocation): Promise<OperatorStage> {
  const common: CommonPorts = {
    settings: await readSettings(stage, config),
    clock: systemClock,
    ids: systemIds,
    telemetry: createConsoleTelemetry({
      level: 'warn',
      write: (line) => void process.stderr.write(`${line}\n`),
    }),
  };
  const folder = data ?? (stage === 'local' ? defaultFolder : undefined);
  if (folder === undefined) {
    // The AWS SDK takes half a second to load.
    const { openDeployedStage } = await import('./open-deployed-stage.ts');
    return { ...common, ...(await openDeployedStage(common, stack)) };
  }
  if (create) await createDataFolder(common, folder);
  return { ...common, ...(await openDataFolder(common, folder)) };
}
