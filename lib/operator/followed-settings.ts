import { createControlFollower } from '../app/control/control-follower.ts';
import { applyControl } from '../app/control/effective-settings.ts';
import type { OperatorStage } from './operator-stage.ts';

/**
 * The stage with the settings that its containers follow, for a command that writes as they do. If the
 * control item is not understood, they are as deployed, and a warning says so.
 */
export async function followedSettings(stage: OperatorStage): Promise<OperatorStage> {
  const control = createControlFollower(stage);
  await control.check();
  return { ...stage, settings: applyControl(stage.settings, control.current) };
}
