import { FreshSocketHandler } from './fresh-socket-handler.ts';

/**
 * What every client is built with: time-outs that throw (the SDK's defaults wait for ever) and one attempt, because
 * only the adapters know which call may be sent again (aws-call.ts). Credentials and Region are the environment's,
 * and so is an endpoint override: AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_<SERVICE>, which the SDK reads itself.
 */
export function clientOptions(timeouts: Partial<ClientTimeouts> = {}): {
  maxAttempts: 1;
  requestHandler: FreshSocketHandler;
} {
  return { maxAttempts: 1, requestHandler: new FreshSocketHandler({ ...defaultTimeouts, ...timeouts }) };
}

export interface ClientTimeouts {
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly idleMaxMs: number;
}

/**
 * The services answer in milliseconds; the slowest call, a transaction of 100 items and 4 MB, in some 100 ms. AWS
 * keeps idle connections for 20 s at least.
 */
const defaultTimeouts: ClientTimeouts = {
  connectionTimeoutMs: 1000,
  requestTimeoutMs: 3000,
  idleMaxMs: 10_000,
};

/** A local endpoint has no host name for each bucket: the bucket goes into the path. */
export function s3Addressing(environment: Readonly<Record<string, string | undefined>> = process.env): {
  forcePathStyle: boolean;
} {
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  return { forcePathStyle: endpoint !== undefined && endpoint !== '' };
}
