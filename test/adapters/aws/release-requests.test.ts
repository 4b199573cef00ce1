import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createCodeDeployDeployments } from '../../../lib/adapters/aws/codedeploy-deployments.ts';
import { createLambdaReleasedVersion } from '../../../lib/adapters/aws/lambda-released-version.ts';
import { createLambdaReleases } from '../../../lib/adapters/aws/lambda-releases.ts';
import { DeploymentError, ReleasedVersionError } from '../../../lib/ports/released-version.ts';
import { StateStoreError, type Attributes } from '../../../lib/ports/state-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { lostAnswer, scriptedAws, serviceError } from './support/scripted-aws.ts';

/** Each call of a release as Lambda and CodeDeploy get it, written out. */

const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:adtally-prod-query-ads:9';

describe('a version that is warmed up', () => {
  function world() {
    const aws = scriptedAws<LambdaClient>();
    return { aws, version: createLambdaReleasedVersion({ ...aws, arn }) };
  }
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

  test('gets an event and answers', async () => {
    const { aws, version } = world();
    aws.answer({ StatusCode: 200, Payload: json({ container: 'a' }) });
    expect(await version.invoke({ warmUp: { holdMs: 5 } })).toEqual({ container: 'a' });
    expect(aws.asked).toEqual([
      [
        'Invoke',
        { FunctionName: arn, InvocationType: 'RequestResponse', Payload: json({ warmUp: { holdMs: 5 } }) },
      ],
    ]);
  });

  test.each([
    ['it fails', { StatusCode: 200, FunctionError: 'Unhandled', Payload: json({ errorMessage: 'secret' }) }],
    ['its answer is lost', lostAnswer],
    ['Lambda fails', serviceError('ServiceException', 500)],
    ['it does not exist', serviceError('ResourceNotFoundException', 404)],
    ['it answers nothing', { StatusCode: 200 }],
  ])('is a failed version if %s, once', async (_what, answer) => {
    const { aws, version } = world();
    aws.answer(answer);
    const failure = await version.invoke({}).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ReleasedVersionError);
    expect(String(failure)).not.toContain('secret');
    expect(aws.asked).toHaveLength(1);
  });

  test('is called again while Lambda throttles it', async () => {
    const { aws, version } = world();
    aws.answer(serviceError('TooManyRequestsException', 429), { Payload: json(null) });
    expect(await version.invoke({})).toBeNull();
    expect(aws.asked).toHaveLength(2);
  });
});

describe('the releases of a function', () => {
  function world(notes: Readonly<Record<string, Attributes>> = {}) {
    const aws = scriptedAws<LambdaClient>();
    const noteOf = (version: string) => ({ table: 'counters', pk: `note ${version}`, sk: '' }) as const;
    const state = { get: ({ pk }: { readonly pk: string }) => Promise.resolve(notes[pk]) };
    return { aws, read: createLambdaReleases({ ...aws, functionName: 'F', state, noteOf }) };
  }

  test('are the versions behind its alias, with their shares', async () => {
    const { aws, read } = world({ 'note 8': { containers: 5n } });
    aws.answer({ FunctionVersion: '8', RoutingConfig: { AdditionalVersionWeights: { '9': 0.1 } } });
    expect(await read()).toEqual([
      { version: '8', share: 0.9, warmContainers: 5 },
      { version: '9', share: 0.1, warmContainers: null },
    ]);
    expect(aws.asked).toEqual([['GetAlias', { FunctionName: 'F', Name: 'live' }]]);
    aws.answer({ FunctionVersion: '9' });
    expect(await read()).toEqual([{ version: '9', share: 1, warmContainers: null }]);
  });

  test('are what was uploaded last in a stage without an alias', async () => {
    const { aws, read } = world();
    aws.answer(serviceError('ResourceNotFoundException', 404));
    expect(await read()).toEqual([{ version: '$LATEST', share: 1, warmContainers: null }]);
  });

  test('are unknown while Lambda or the store fails', async () => {
    const { aws, read } = world();
    aws.answer(serviceError('ServiceException', 500));
    expect(await read()).toBeNull();
    const failing = createLambdaReleases({
      ...{ ...aws, functionName: 'F', noteOf: () => ({ table: 'counters', pk: 'p', sk: '' }) as const },
      state: { get: () => Promise.reject(new StateStoreError('state-unavailable', 'down')) },
    });
    aws.answer({ FunctionVersion: '9' });
    expect(await failing()).toBeNull();
  });
});

describe('a deployment', () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });

  interface Request {
    readonly method: string | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }

  async function world(answers: readonly (readonly [status: number, body: string])[]) {
    const requests: Request[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => {
        const [status, text] = answers[Math.min(requests.length, answers.length - 1)]!;
        requests.push({ method: request.method, headers: request.headers, body });
        response.writeHead(status, { connection: 'close' }).end(text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const deployments = createCodeDeployDeployments({
      region: 'eu-west-1',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      credentials: () =>
        Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: 'SECRET', sessionToken: 'SESSION' }),
      clock: createVirtualClock({ autoAdvance: true }),
      ids: { random: () => 0.5 },
    });
    const report = (outcome: 'Succeeded' | 'Failed') =>
      deployments.report({ deploymentId: 'd-1', hookExecutionId: 'hook-1' }, outcome);
    return { requests, report };
  }

  /** Signature Version 4, by its specification, over the headers that the request says it signed. */
  function signatureOf({ headers, body }: Request): string {
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
    const hmac = (key: string | Buffer, text: string): Buffer =>
      createHmac('sha256', key).update(text).digest();
    const signed = /SignedHeaders=([^,]+)/.exec(headers.authorization!)![1]!;
    const lines = signed.split(';').map((name) => `${name}:${String(headers[name])}\n`);
    const canonical = ['POST', '/', '', lines.join(''), signed, sha256(body)].join('\n');
    const at = String(headers['x-amz-date']);
    const scope = `${at.slice(0, 8)}/eu-west-1/codedeploy/aws4_request`;
    const text = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
    const key = scope.split('/').reduce<string | Buffer>((k, part) => hmac(k, part), 'AWS4SECRET');
    return hmac(key, text).toString('hex');
  }

  test('gets a signed report', async () => {
    const { requests, report } = await world([[200, '{}']]);
    await report('Failed');
    const [request] = requests;
    expect(request).toMatchObject({
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus',
        'x-amz-security-token': 'SESSION',
      },
    });
    expect(JSON.parse(request!.body)).toEqual({
      deploymentId: 'd-1',
      lifecycleEventHookExecutionId: 'hook-1',
      status: 'Failed',
    });
    const { authorization } = request!.headers;
    const signed = /SignedHeaders=([^,]+)/.exec(authorization!)![1]!.split(';');
    expect(signed).toEqual(
      expect.arrayContaining(['host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target']),
    );
    expect(authorization).toContain(`Signature=${signatureOf(request!)}`);
  });

  test('gets it again after a failure', async () => {
    const { requests, report } = await world([
      [500, 'not JSON'],
      [400, '{"__type":"ThrottlingException"}'],
      [200, ''],
    ]);
    await report('Succeeded');
    expect(requests).toHaveLength(3);
  });

  test.each(['', 'com.amazonaws.codedeploy.v20141006#'])('that has got one keeps it (%j)', async (space) => {
    const { requests, report } = await world([
      [400, `{"__type":"${space}LifecycleEventAlreadyCompletedException","message":"done"}`],
    ]);
    await report('Succeeded');
    expect(requests).toHaveLength(1);
  });

  test.each([
    [1, 400, '{"__type":"InvalidDeploymentIdException"}', 'InvalidDeploymentIdException 400'],
    [1, 403, '{"__type":"AccessDeniedException"}', 'AccessDeniedException 403'],
    [3, 503, '', 'unknown 503'],
  ])('is not reported to after %d refusals with %d', async (count, status, body, message) => {
    const { requests, report } = await world([[status, body]]);
    const failure = await report('Succeeded').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DeploymentError);
    expect((failure as Error).message).toBe(message);
    expect(requests).toHaveLength(count);
  });
});
