import { LambdaClient } from '@aws-sdk/client-lambda';
import type { Deployments, ReleasedVersion } from '../../ports/released-version.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { clientOptions } from './aws-clients.ts';
import { createCodeDeployDeployments } from './codedeploy-deployments.ts';
import { defaultProvider } from './lambda-credentials.ts';
import { EnvironmentError } from './lambda-environment.ts';
import { createLambdaReleasedVersion, invocationMsMax } from './lambda-released-version.ts';

const basics = { clock: systemClock, ids: systemIds };

export function lambdaReleasedVersion(arn: string): ReleasedVersion {
  const client = new LambdaClient(clientOptions({ requestTimeoutMs: invocationMsMax }));
  return createLambdaReleasedVersion({ ...basics, client, arn });
}

export function lambdaDeployments(environment = process.env): Deployments {
  const region = environment['AWS_REGION'];
  if (region === undefined) throw new EnvironmentError('AWS_REGION is not set');
  const endpoint = environment['AWS_ENDPOINT_URL_CODEDEPLOY'] ?? environment['AWS_ENDPOINT_URL'];
  return createCodeDeployDeployments({ ...basics, region, endpoint, credentials: defaultProvider() });
}
