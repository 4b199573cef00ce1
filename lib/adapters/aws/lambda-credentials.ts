import { EnvironmentError } from './lambda-environment.ts';

/**
 * Replaces the SDK's chain of credential providers in the functions' bundles (lib/infra/bundling.ts). Lambda
 * passes credentials in the environment. The rest of the chain (single sign-on, profiles, instance metadata)
 * never runs there and takes a quarter of a bundle and of its start-up time.
 */
export function defaultProvider(): () => Promise<LambdaCredentials> {
  return async () => Promise.try(() => readCredentials(process.env));
}

export interface LambdaCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

function readCredentials(environment: Readonly<Record<string, string | undefined>>): LambdaCredentials {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new EnvironmentError('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set');
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
