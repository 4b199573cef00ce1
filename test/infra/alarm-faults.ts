import type { AccessLine, Outcome } from './gateway-counts.ts';

/** A fault, what AWS counts of it, and the alarms that ring. docs/operations.md has the table. */
export interface Fault {
  readonly name: string;
  /** What the API answers, a call a second from the first minute on. */
  readonly answers?: Outcome;
  /** Sums of Lambda's metrics a minute; `all`: of the account. */
  readonly lambda?: readonly (readonly [metric: string, name: string, value: number])[];
  /** Calls a minute on the day before; default: 60. */
  readonly before?: number;
  /** As in the table. */
  readonly counted: string;
  /** By section. */
  readonly alarms: readonly string[];
}

const failed = (status: string, error: string, latencyMs = 50): Outcome => ({
  made: 'by API Gateway',
  line: { status, error, latencyMs: String(latencyMs) } satisfies Partial<AccessLine>,
});
const answered = (status: string, latencyMs = 20): Outcome => ({
  made: 'by a function',
  line: { status, latencyMs: String(latencyMs) },
});

export const faults: readonly Fault[] = [
  {
    name: 'none: all is well',
    answers: answered('200'),
    counted: 'Count',
    alarms: [],
  },
  {
    name: 'the authorizer is dead, or cannot read tokens',
    answers: failed('503', 'AUTHORIZER_FAILURE'),
    lambda: [['Errors', 'authorize-request', 60]],
    counted: '4XXError; Errors of authorize-request',
    alarms: ['api-errors', 'authorizer-errors'],
  },
  {
    name: 'the authorizer may not be invoked',
    answers: failed('500', 'AUTHORIZER_CONFIGURATION_ERROR'),
    counted: '4XXError; nothing of Lambda',
    alarms: ['api-errors', 'authorizer-errors'],
  },
  {
    name: 'the account’s concurrency is used up',
    answers: failed('502', 'INTEGRATION_FAILURE'),
    lambda: [
      ['Throttles', 'all', 60],
      ['ConcurrentExecutions', 'all', 1000],
    ],
    counted: '4XXError; Throttles and ConcurrentExecutions of the account',
    alarms: ['api-errors', 'concurrency', 'integration-errors', 'throttled-functions'],
  },
  {
    name: 'a request function dies: a broken bundle, no memory',
    answers: failed('502', 'INTEGRATION_FAILURE'),
    lambda: [['Errors', 'query-ads', 60]],
    counted: '4XXError; Errors of the function',
    alarms: ['api-errors', 'integration-errors'],
  },
  {
    name: 'a request function hangs',
    answers: failed('504', 'INTEGRATION_TIMEOUT', 29_000),
    lambda: [
      ['Errors', 'query-ads', 60],
      ['Duration', 'query-ads', 28_000],
    ],
    counted: '4XXError, Latency; Errors and Duration of the function',
    alarms: ['api-errors', 'integration-errors', 'slow-answers', 'slow-functions'],
  },
  {
    name: 'log or store fails: functions answer 503',
    answers: answered('503'),
    counted: '5XXError; nothing of Lambda',
    alarms: ['api-errors'],
  },
  {
    name: 'answers take 4 s',
    answers: answered('200', 4000),
    counted: 'Latency; Duration below its limit',
    alarms: ['slow-answers'],
  },
  {
    name: 'somebody tries bad tokens',
    answers: failed('401', 'UNAUTHORIZED'),
    lambda: [['Errors', 'authorize-request', 60]],
    counted: '4XXError; Errors of authorize-request',
    alarms: [],
  },
  {
    name: 'a caller is over its rate',
    answers: failed('429', 'THROTTLED'),
    counted: '4XXError',
    alarms: [],
  },
  {
    name: 'a busy stage gets no calls',
    counted: 'Count: no data',
    alarms: ['no-traffic'],
  },
  {
    name: 'a small stage gets no calls',
    before: 10,
    counted: 'Count: no data',
    alarms: [],
  },
  {
    name: 'a consumer fails at each batch',
    answers: answered('200'),
    lambda: [
      ['Errors', 'aggregate-increments', 20],
      ['IteratorAge', 'aggregate-increments', 600_000],
    ],
    counted: 'Errors and IteratorAge of the consumer',
    alarms: ['function-errors', 'iterator-age'],
  },
];

/** The table of docs/operations.md. */
export function faultDocument(): string {
  return [
    '| fault | what API Gateway and Lambda count | alarms |',
    '| --- | --- | --- |',
    ...faults.map(({ name, counted, alarms }) => {
      const links = alarms.map((section) => `[${section}](#${section})`).join(', ');
      return `| ${name} | ${counted} | ${links === '' ? 'none' : links} |`;
    }),
  ].join('\n');
}
