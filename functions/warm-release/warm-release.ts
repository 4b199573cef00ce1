import { holdRelease, type HeldRelease, type HoldReleaseDeps } from '../../lib/app/release/hold-release.ts';
import { errorFields } from '../../lib/ports/error-fields.ts';
import type { Deployments } from '../../lib/ports/released-version.ts';

/** CodeDeploy's event before it moves an alias. Without its members (a call by hand) nobody waits for a report. */
export interface BeforeTraffic {
  readonly DeploymentId?: string;
  readonly LifecycleEventHookExecutionId?: string;
}

export interface WarmReleaseDeps extends HoldReleaseDeps {
  readonly deployments: Deployments;
}

/**
 * Holds a deployment of `query-ads` until its new version is warm, and always reports. If it cannot report, it
 * rejects, so that Lambda invokes it again; a deployment without a report fails after an hour.
 */
export function createWarmRelease(deps: WarmReleaseDeps): (event: BeforeTraffic) => Promise<HeldRelease> {
  const { deployments, telemetry, version } = deps;
  return async ({ DeploymentId: deploymentId, LifecycleEventHookExecutionId: hookExecutionId }) => {
    const held = await holdRelease(deps).catch((error: unknown): HeldRelease => {
      telemetry.error('the release could not be warmed up', { version, ...errorFields(error) });
      return { outcome: 'refused', reasons: ['the hook failed; see its log'] };
    });
    if (held.outcome === 'warm')
      telemetry.info('the release is warm', { version, containers: held.containers });
    else telemetry.error('the release is refused', { version, reasons: held.reasons.join('; ') });
    if (deploymentId !== undefined && hookExecutionId !== undefined) {
      const outcome = held.outcome === 'warm' ? 'Succeeded' : 'Failed';
      await deployments.report({ deploymentId, hookExecutionId }, outcome);
    }
    return held;
  };
}
