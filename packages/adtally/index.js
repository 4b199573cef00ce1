/** For `adtally.config.ts`: as lib/settings/define-stage.ts, which has the types, and which a server need not load. */
export function defineStage(stage) {
  return stage;
}
