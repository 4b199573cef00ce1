import { PortError } from './port-error.ts';

/** The version of a function that a deployment is about to give calls. */
export interface ReleasedVersion {
  /**
   * Invokes it once and resolves to its answer, any JSON value. Concurrent invocations run in as many
   * containers. Rejects with a ReleasedVersionError.
   */
  invoke(event: unknown): Promise<unknown>;
}

/** `version-failed`: the invocation failed, or had no answer in time. */
export class ReleasedVersionError extends PortError {
  override readonly name = 'ReleasedVersionError';
  readonly code = 'version-failed';
  readonly retryable = true;
}

/** A deployment that waits for a report. */
export interface WaitingDeployment {
  readonly deploymentId: string;
  readonly hookExecutionId: string;
}

export interface Deployments {
  /**
   * Lets a waiting deployment go on, or ends it. Idempotent: a deployment that has got a report keeps it. Rejects
   * with a DeploymentError.
   */
  report(deployment: WaitingDeployment, outcome: 'Succeeded' | 'Failed'): Promise<void>;
}

/** `not-reported`: the deployment may still wait; it fails by itself an hour after it began to. */
export class DeploymentError extends PortError {
  override readonly name = 'DeploymentError';
  readonly code = 'not-reported';
  readonly retryable = true;
}
