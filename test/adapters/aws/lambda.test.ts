import { describe, expect, jest, test } from '@jest/globals';
import { s3Addressing } from '../../../lib/adapters/aws/aws-clients.ts';
import { defaultProvider } from '../../../lib/adapters/aws/lambda-credentials.ts';
import { readArn, readVariable } from '../../../lib/adapters/aws/lambda-environment.ts';
import { inInvocation } from '../../../lib/adapters/aws/lambda-invocation.ts';
import { createLambdaTelemetry } from '../../../lib/adapters/aws/lambda-telemetry.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';

describe('The environment of a function', () => {
  test.each([{}, { ADTALLY_ADS_TABLE: '' }])('without a variable is told which: %j', (environment) => {
    expect(() => readVariable('ADTALLY_ADS_TABLE', environment)).toThrow('ADTALLY_ADS_TABLE is not set');
  });

  test('gives what is set', () => {
    expect(readVariable('ADTALLY_ADS_TABLE', { ADTALLY_ADS_TABLE: 'ads' })).toBe('ads');
    const arn = 'arn:aws-cn:sqs:cn-north-1:1:q';
    const variables = { ADTALLY_SCHEDULE_DEAD_LETTER_ARN: arn };
    expect(readArn('ADTALLY_SCHEDULE_DEAD_LETTER_ARN', variables)).toBe(arn);
  });

  test('with a value of the wrong kind is told so', () => {
    expect(() => readArn('ADTALLY_SCHEDULE_ROLE_ARN', { ADTALLY_SCHEDULE_ROLE_ARN: 'role' })).toThrow(
      "ADTALLY_SCHEDULE_ROLE_ARN is 'role', not an ARN",
    );
  });

  test.each([
    [{}, false],
    [{ AWS_ENDPOINT_URL: '' }, false],
    [{ AWS_ENDPOINT_URL: 'http://localhost:4566' }, true],
    [{ AWS_ENDPOINT_URL_S3: 'http://localhost:9000' }, true],
  ])('%j puts the bucket into the path: %s', (environment, forcePathStyle) => {
    expect(s3Addressing(environment)).toEqual({ forcePathStyle });
  });

  test('without credentials fails the call, not the load', async () => {
    const provider = defaultProvider();
    const saved = process.env['AWS_ACCESS_KEY_ID'];
    delete process.env['AWS_ACCESS_KEY_ID'];
    await expect(provider()).rejects.toThrow('AWS_ACCESS_KEY_ID');
    if (saved !== undefined) process.env['AWS_ACCESS_KEY_ID'] = saved;
  });
});

describe('Telemetry of a function', () => {
  function telemetry(more: { readonly version?: string } = {}) {
    const lines: Record<string, unknown>[] = [];
    const created = createLambdaTelemetry({
      stage: 'dev',
      functionName: 'query-ads',
      ...more,
      clock: { nowMs: () => 1_767_225_600_000 },
      write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
    });
    return { lines, telemetry: created };
  }
  const turn = async (): Promise<void> => Promise.resolve();

  test('a log line is one JSON object that its fields cannot overwrite', () => {
    const { lines, telemetry: to } = telemetry();
    to.warn('a\nline', { code: 'x', level: 'none', absent: undefined });
    expect(lines).toEqual([
      {
        service: 'adtally',
        function_name: 'query-ads',
        code: 'x',
        timestamp: '2026-01-01T00:00:00.000Z',
        level: 'WARN',
        message: 'a\nline',
      },
    ]);
  });

  test('a log line names its invocation, though another runs in the same process', async () => {
    const { lines, telemetry: to } = telemetry();
    const invoke = (id: string, correlationId?: string) =>
      inInvocation(
        { awsRequestId: id },
        correlationId,
        async () => {
          await turn();
          to.info(`of ${id}`, { function_request_id: 'mine', cold_start: 'mine' });
        },
        {},
      );
    await Promise.all([invoke('a', 'caller-1'), invoke('b')]);
    to.info('outside');
    const named = lines.map(({ message, cold_start, function_request_id, correlation_id }) => ({
      ...{ message, cold_start, function_request_id, correlation_id },
    }));
    expect(named).toEqual([
      { message: 'of a', cold_start: true, function_request_id: 'a', correlation_id: 'caller-1' },
      { message: 'of b', cold_start: false, function_request_id: 'b' },
      { message: 'outside' },
    ]);
  });

  test('a log line names the trace of its own invocation, though the variable has another one by then', async () => {
    const { lines, telemetry: to } = telemetry();
    const header = (digit: string): string => `Root=1-67891233-${digit.repeat(24)};Parent=53995c3f42cd8ad8`;
    const environment: Record<string, string> = {};
    const invoke = (name: string, context: object) =>
      inInvocation(
        context,
        undefined,
        async () => {
          await turn();
          to.info(name);
        },
        environment,
      );
    // As on managed instances, and as elsewhere: the variable is set before each invocation.
    const managed = ['a', 'b'].map((digit) => invoke(digit, { xRayTraceId: header(digit) }));
    environment['_X_AMZN_TRACE_ID'] = header('c');
    const late = invoke('c', {});
    environment['_X_AMZN_TRACE_ID'] = header('d');
    await Promise.all([...managed, late, invoke('d', {})]);
    expect(lines.map(({ message, xray_trace_id: id }) => [message, id])).toEqual(
      ['a', 'b', 'c', 'd'].map((digit) => [digit, `1-67891233-${digit.repeat(24)}`]),
    );
  });

  test.each([
    ['provisioned-concurrency', false],
    ['on-demand', true],
    [undefined, true],
  ])('the first invocation of a container that began by %s is cold: %s', async (type, isCold) => {
    await jest.isolateModulesAsync(async () => {
      const { inInvocation: first, invocationFields } =
        await import('../../../lib/adapters/aws/lambda-invocation.ts');
      const environment = { AWS_LAMBDA_INITIALIZATION_TYPE: type };
      for (const cold_start of [isCold, false])
        expect(first(undefined, undefined, invocationFields, environment)).toEqual({ cold_start });
    });
  });

  test.each([
    [
      'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1',
      '1-67891233-abcdef012345678912345678',
    ],
    ['Self=1-1;Root=1-67891233-abcdef012345678912345678', '1-67891233-abcdef012345678912345678'],
    ['nonsense', undefined],
  ])('a log line names the trace of X-Ray: %s', (header, id) => {
    const { lines, telemetry: to } = telemetry();
    process.env['_X_AMZN_TRACE_ID'] = header;
    try {
      to.info('traced');
    } finally {
      delete process.env['_X_AMZN_TRACE_ID'];
    }
    expect(lines[0]?.['xray_trace_id']).toBe(id);
  });

  // Covers LOGS.1 (docs/security.md).
  test('a log line stays one line, whatever its values are', () => {
    const written: string[] = [];
    const to = createLambdaTelemetry({
      ...{ stage: 'dev', functionName: 'query-ads', clock: { nowMs: () => 0 } },
      write: (line) => written.push(line),
    });
    to.error('failed', { code: 'a\r\n{"_aws":{}}\u0085\u2028\u2029\u009b2J' });
    expect(written).toHaveLength(1);
    // eslint-disable-next-line no-control-regex -- these are what must not be there
    expect(written[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    expect(Object.keys(JSON.parse(written[0] ?? '') as object)).not.toContain('_aws');
  });

  test('metrics of one turn share a line in the embedded metric format', async () => {
    const { lines, telemetry: to } = telemetry();
    to.count(metrics.requests);
    to.count(metrics.requests, 2);
    to.observe(metrics.requestMs, 1.5);
    to.observe(metrics.requestMs, 2.5);
    to.observe(metrics.snapshotBytes, 100);
    to.observe(metrics.catalogVersion, 7);
    expect(lines).toEqual([]);
    await turn();
    expect(lines).toEqual([
      {
        _aws: {
          Timestamp: 1_767_225_600_000,
          CloudWatchMetrics: [
            {
              Namespace: 'adtally',
              Dimensions: [['stage', 'function']],
              Metrics: [
                { Name: 'requests', Unit: 'Count' },
                { Name: 'request_ms', Unit: 'Milliseconds' },
                { Name: 'snapshot_bytes', Unit: 'Bytes' },
                { Name: 'catalog_version', Unit: 'None' },
              ],
            },
          ],
        },
        stage: 'dev',
        function: 'query-ads',
        requests: 3,
        request_ms: [1.5, 2.5],
        snapshot_bytes: [100],
        catalog_version: [7],
      },
    ]);
    to.count(metrics.requests);
    await turn();
    expect(lines[1]?.['requests']).toBe(1);
  });

  test('of a published version, what judges a release has the version too, and nothing else has', async () => {
    const { lines, telemetry: to } = telemetry({ version: '42' });
    to.count(metrics.requests);
    to.count(metrics.rateLimited);
    to.observe(metrics.requestMs, 1);
    await turn();
    const [, ofVersion, ...others] = (
      lines[0]?.['_aws'] as { CloudWatchMetrics: readonly { Dimensions: unknown; Metrics: unknown }[] }
    ).CloudWatchMetrics;
    expect(ofVersion).toEqual({
      Namespace: 'adtally',
      Dimensions: [['stage', 'function', 'version']],
      Metrics: [{ Name: 'requests', Unit: 'Count' }],
    });
    expect([others, lines[0]?.['version']]).toEqual([[], '42']);

    to.count(metrics.rateLimited);
    await turn();
    expect(JSON.stringify(lines[1])).not.toContain('version');
  });

  test('no line has more values than the format allows', async () => {
    const { lines, telemetry: to } = telemetry();
    for (let i = 0; i < 250; i += 1) to.observe(metrics.requestMs, i);
    await turn();
    expect(lines.map((line) => (line['request_ms'] as number[]).length)).toEqual([100, 100, 50]);
  });
});
