import { FreshSocketHandler } from './fresh-socket-handler.ts';

/**
 * The settings of every client: time-outs that throw (the SDK waits for ever by default) and one attempt,
 * because only the adapters know which call may be retried (aws-call.ts). Credentials, Region and an endpoint
 * override (AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_<SERVICE>) come from the environment, which the SDK reads
 * itself.
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
 * The services answer in milliseconds. The slowest call, a transaction of 100 items and 4 MB, takes about 100
 * ms. AWS keeps idle connections for at least 20 s.
 */
const defaultTimeouts: ClientTimeouts = {
  connectionTimeoutMs: 1000,
  requestTimeoutMs: 3000,
  idleMaxMs: 10_000,
};

/** A local endpoint has no host name per bucket, so the bucket goes into the path. */
export function s3Addressing(environment: Readonly<Record<string, string | undefined>> = process.env): {
  forcePathStyle: boolean;
} {
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  return { forcePathStyle: endpoint !== undefined && endpoint !== '' };
}
