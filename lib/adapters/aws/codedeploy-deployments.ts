import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { DeploymentError, type Deployments } from '../../ports/released-version.ts';
import { AwsCallError, callAws, type AwsCallDeps, type AwsCallPolicy } from './aws-call.ts';
import type { LambdaCredentials } from './lambda-credentials.ts';

export interface CodeDeployOptions extends AwsCallDeps {
  readonly region: string;
  /** Default: CodeDeploy's in the region. */
  readonly endpoint?: string | undefined;
  readonly credentials: () => Promise<LambdaCredentials>;
}

const reportMsMax = 20_000;
const repeatable: AwsCallPolicy = { repeatable: true, deadlineMs: reportMsMax };

/**
 * CodeDeploy's PutLifecycleEventHookExecutionStatus. It is the only call of CodeDeploy that we make, so it is
 * signed here, without a client of the SDK.
 */
export function createCodeDeployDeployments(options: CodeDeployOptions): Deployments {
  const { region, credentials } = options;
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = new URL(options.endpoint ?? `https://codedeploy.${region}.${domain}/`);
  const signer = new SignatureV4({ service: 'codedeploy', region, credentials, sha256: NodeSha256 });

  const send = async (body: string, signal: AbortSignal): Promise<void> => {
    const unsigned = {
      ...{
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: {},
        body,
      },
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      headers: {
        host: url.host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus',
      },
    };
    const { headers } = await signer.sign(unsigned);
    const response = await fetch(url, { method: 'POST', headers, body, signal });
    const answer = await response.text();
    if (!response.ok) throw new ServiceError(answer, response.status);
  };

  return {
    async report({ deploymentId, hookExecutionId }, status) {
      const body = JSON.stringify({
        ...{ deploymentId, lifecycleEventHookExecutionId: hookExecutionId, status },
      });
      try {
        await callAws(options, repeatable, (signal) => send(body, signal));
      } catch (error) {
        if (!(error instanceof AwsCallError)) throw error;
        // An earlier attempt, or an earlier invocation, has reported.
        if (
          error.cause instanceof ServiceError &&
          error.cause.name === 'LifecycleEventAlreadyCompletedException'
        ) {
          return;
        }
        throw new DeploymentError(error.message, { cause: error.cause });
      }
    },
  };
}

/** Has the name and the status that aws-failure.ts reads. */
class ServiceError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(answer: string, httpStatusCode: number) {
    super('CodeDeploy refused the report');
    this.name = /"__type"\s*:\s*"(?:[^"#]*#)?(\w+)"/.exec(answer)?.[1] ?? 'unknown';
    this.$metadata = { httpStatusCode };
  }
}

/** As SignatureV4 takes a hash: without a secret SHA-256, else its HMAC. */
class NodeSha256 {
  readonly #hash: { update(data: string | Uint8Array): unknown; digest(): Buffer };

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error('a hash is used once');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
