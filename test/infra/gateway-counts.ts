import type { Samples } from './cloudwatch.ts';

/** The fields of the access log that an answer decides. */
export interface AccessLine {
  readonly status: string;
  readonly error: string;
  readonly latencyMs: string;
}

export interface Outcome {
  readonly made: 'by a function' | 'by API Gateway';
  readonly line: Partial<AccessLine>;
}

/** An access log line as API Gateway prints it: what a variable has no value for is a hyphen. */
export function accessLine(format: string, { line }: Outcome): string {
  const values: Readonly<Record<string, string | undefined>> = {
    '$context.status': line.status,
    '$context.error.responseType': line.error,
    '$context.responseLatency': line.latencyMs,
    '$context.requestId': 'b2f6c2f0-8c3e-4a4e-9d0e-0a4b7e9d8c11',
    '$context.requestTimeEpoch': '1795978800000',
    '$context.httpMethod': 'GET',
    '$context.resourcePath': '/api/v1/ad',
  };
  return format.replaceAll(/\$context\.[\w.]+/g, (name) => values[name] ?? '-');
}

/**
 * What API Gateway counts of so many equal answers. What it answers itself, with a status that the stack has chosen,
 * is a 4XXError, whatever the status.
 */
export function gatewayCounts(
  dimensions: Readonly<Record<string, string>>,
  minute: number,
  calls: number,
  { made, line }: Outcome,
): Samples[] {
  const kind = made === 'by API Gateway' ? '4' : (line.status?.[0] ?? '');
  const each = (value: number): number[] => Array.from({ length: calls }, () => value);
  const metric = (name: string, values: number[]): Samples => ({
    ...{ namespace: 'AWS/ApiGateway', name, dimensions, minute, values },
  });
  return [
    metric('Count', each(1)),
    metric('4XXError', each(kind === '4' ? 1 : 0)),
    metric('5XXError', each(kind === '5' ? 1 : 0)),
    metric('Latency', each(Number(line.latencyMs))),
  ];
}
