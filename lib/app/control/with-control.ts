import type { StageSettings } from '../../stages.ts';
import type { Ports } from '../ports.ts';
import { createControlFollower, type FollowedItems } from './control-follower.ts';
import type { ControlChange } from './control-item.ts';
import { applyControl, liveSettings } from './effective-settings.ts';

export interface FollowOptions extends FollowedItems {
  /** Called before an invocation that has another state than the one before it. */
  readonly onSettings?: (settings: StageSettings) => void;
}

/**
 * A function of a deployed stage that follows the control item: each invocation first makes sure that the
 * container's state is at most `controlCheckMs` old, because nothing runs between invocations. `create` gets
 * the ports with live settings.
 */
export function withControl<
  Deps extends Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'>,
  Event,
  Context,
  Result,
>(
  deps: Deps,
  create: (deps: Deps) => (event: Event, context: Context) => Promise<Result>,
  { onSettings, hotKeys = false }: FollowOptions = {},
): (event: Event, context: Context) => Promise<Result> {
  const follower = createControlFollower(deps, undefined, { hotKeys });
  const settings = liveSettings(deps.settings, () => follower.current, enforced);
  const handle = create({ ...deps, settings });
  let told: ControlChange | undefined;
  return async (event, context) => {
    await follower.check();
    if (told !== follower.current) {
      told = follower.current;
      onSettings?.(enforced(applyControl(deps.settings, told), told));
    }
    return handle(event, context);
  };
}

/** The gateway's usage plan knows only the deployed rate, so the functions themselves hold a changed one. */
function enforced(settings: StageSettings, { content }: Pick<ControlChange, 'content'>): StageSettings {
  if (content.rate === undefined) return settings;
  return { ...settings, tokens: { ...settings.tokens, exactLimit: true } };
}
