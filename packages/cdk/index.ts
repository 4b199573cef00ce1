export { defineStage, type StageDefinition } from '../../lib/settings/define-stage.ts';
export { SettingsError } from '../../lib/settings/resolve-stage.ts';
export type { FunctionName, StageSettings, TableName } from '../../lib/stages.ts';
export { Adtally, type AdtallyProps, type BuiltInStageName } from './adtally.ts';
