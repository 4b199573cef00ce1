import type { SettingsChanges, StageName } from '../stages.ts';

/** A stage of one's own: what differs from the stage that it extends. */
export interface StageDefinition extends SettingsChanges {
  /** 1..20 lower-case letters, digits and hyphens, a letter first. The name of a built-in stage changes that one. */
  readonly name: StageName;
  /** A built-in stage, or another of the file. Default: the built-in stage of this name. */
  readonly extends?: StageName;
}

/** Helps an editor to complete a stage of `adtally.config.ts`; returns it as it is. */
export function defineStage(stage: StageDefinition): StageDefinition {
  return stage;
}
