/**
 * What the spans of a trace are called: in the file of `npm start -- --trace` and in X-Ray alike. X-Ray takes letters,
 * digits, blanks and `_.:/%&#=+\-@` in a name.
 */
export const spanNames = {
  /** From the whole request to its answer. Embedded only: on AWS API Gateway makes the segment. */
  request: 'request',
  gateway: 'gateway',
  appendAdEvents: 'append ad-events',
  appendIncrements: 'append increments',
  /** Embedded only: the one write to the disk that appends and state writes share. */
  groupCommit: 'group commit',
  /** Embedded only: what the event source mapping does on AWS. */
  deliverBatch: 'deliver batch',
  settleBatch: 'settle batch',
  fireExpiry: 'fire expiry',
  stateGet: 'state get',
  stateGetMany: 'state get many',
  stateQuery: 'state query',
  stateWrite: 'state write',
  stateWriteEach: 'state write each',
  stateTransact: 'state transact',
  stateTransactEach: 'state transact each',
  quarantineStore: 'quarantine store',
  scheduleSet: 'schedule set',
  scheduleClear: 'schedule clear',
} as const;

/** Arrows between spans; in the file alone. */
export const arrowNames = { delivered: 'delivered in', calls: 'calls' } as const;

/** On AWS Lambda makes the segment of a call. */
export type SpanName = (typeof spanNames)[keyof typeof spanNames] | `call ${string}`;
