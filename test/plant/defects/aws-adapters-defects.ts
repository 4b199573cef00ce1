import type { Defect } from '../defect.ts';

export const awsAdaptersDefects: readonly Defect[] = [
  {
    name: 'dynamodb-single-write-repeated',
    file: 'lib/adapters/aws/dynamodb-state-store.ts',
    find: '    this.#once = { repeatable: false, deadlineMs };',
    replace: '    this.#once = { repeatable: true, deadlineMs };',
    breaks:
      'After a lost answer of UpdateItem the ADD is sent again, so an unkeyed mode=sync increment (and a rate lease, an attempt) is added twice.',
  },
  {
    name: 'dynamodb-transaction-token-per-attempt',
    file: 'lib/adapters/aws/dynamodb-state-store.ts',
    find: '        this.#options.client.send(new TransactWriteItemsCommand(input), { abortSignal }),',
    replace: `        this.#options.client.send(
          new TransactWriteItemsCommand({ ...input, ClientRequestToken: this.#options.ids.nonce() }),
          { abortSignal },
        ),`,
    breaks:
      'Each attempt has its own request token, so after a lost answer DynamoDB does not recognise the retry: an unconditional transaction (mode=sync with series) is counted twice, a conditional one reports its own success as a failed condition.',
  },
  {
    name: 'kinesis-resends-unknown-entries',
    file: 'lib/adapters/aws/kinesis-event-log.ts',
    find: '      return answer?.ErrorCode === throttledEntry;',
    replace: '      return answer?.ErrorCode !== undefined;',
    breaks:
      'An entry that failed with InternalFailure may have been written and is sent again, so unkeyed increments get into the log twice and are counted twice.',
  },
  {
    name: 'dynamodb-unprocessed-keys-absent',
    file: 'lib/adapters/aws/dynamodb-reads.ts',
    find: `    if (round >= roundsMax) throw new StateStoreError('state-throttled', 'keys left unprocessed');`,
    replace: '    if (round >= roundsMax) break;',
    breaks:
      'When BatchGetItem is throttled to the end, items that exist are reported as absent: counters read as missing, decided ad events as undecided, snapshot chunks as lost.',
  },
  {
    name: 'dynamodb-throttling-error-unknown',
    file: 'lib/adapters/aws/dynamodb-failures.ts',
    find: `const throttleCodes: ReadonlySet<string> = new Set(['ProvisionedThroughputExceeded', 'ThrottlingError']);`,
    replace: `const throttleCodes: ReadonlySet<string> = new Set(['ProvisionedThroughputExceeded']);`,
    breaks:
      'A transaction that an on-demand table throttles is taken for an outage (no retry of a mode=sync increment, wrong answer), or, beside a failed condition, decided on an incomplete list of failures.',
  },
];
