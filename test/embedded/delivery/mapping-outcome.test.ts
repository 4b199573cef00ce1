import { describe, expect, it } from '@jest/globals';
import { verdictOf } from '../../../lib/embedded/delivery/outcome.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';

const records: readonly LogRecord[] = ['8', '9', '10', '11'].map((sequenceNumber) => ({
  sequenceNumber,
  partitionKey: 'k',
  data: new Uint8Array(),
  arrivedAtMs: 0,
}));

function judge(response: unknown, from = 0, to = records.length) {
  return verdictOf({ type: 'returned', response }, records, from, to);
}

describe('an answer is a success', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['an empty list', []],
    ['an empty object', {}],
    ['an empty list of failures', { batchItemFailures: [] }],
    ['null for the failures', { batchItemFailures: null }],
    ['an object that does not speak of failures', { statusCode: 500 }],
  ])('when it is %s', (_, response) => {
    expect(judge(response)).toEqual({ type: 'success' });
  });
});

describe('an answer settles nothing', () => {
  it.each([
    ['a number as identifier', { batchItemFailures: [{ itemIdentifier: 9 }] }],
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['another name than itemIdentifier', { batchItemFailures: [{ foo: '9' }] }],
    ['an identifier of no record', { batchItemFailures: [{ itemIdentifier: '12' }] }],
    [
      'a good and an unknown identifier',
      { batchItemFailures: [{ itemIdentifier: '9' }, { itemIdentifier: '1' }] },
    ],
    ['a null failure', { batchItemFailures: [null] }],
    ['failures that are no list', { batchItemFailures: { itemIdentifier: '9' } }],
    ['failures that are a text', { batchItemFailures: '9' }],
    ['a text', 'ok'],
    ['a list', ['9']],
    ['true', true],
  ])('when it has %s', (_, response) => {
    expect(judge(response)).toEqual({ type: 'failed', reason: 'malformed-response' });
  });

  it('when it names a record of the batch that was not in this invocation', () => {
    expect(judge({ batchItemFailures: [{ itemIdentifier: '8' }] }, 1)).toMatchObject({ type: 'failed' });
    expect(judge({ batchItemFailures: [{ itemIdentifier: '11' }] }, 0, 3)).toMatchObject({ type: 'failed' });
  });
});

describe('a partial answer', () => {
  it('counts from the lowest number it names, lowest as a number and not as text', () => {
    const response = { batchItemFailures: [{ itemIdentifier: '10' }, { itemIdentifier: '9' }] };
    expect(judge(response)).toEqual({ type: 'partial', failedIndex: 1 });
  });
});

describe('an invocation that gave no answer', () => {
  it('failed, however it ended', () => {
    expect(verdictOf({ type: 'timed-out' }, records, 0, 4)).toEqual({ type: 'failed', reason: 'timed-out' });
    expect(verdictOf({ type: 'thrown', error: 1 }, records, 0, 4)).toEqual({
      type: 'failed',
      reason: 'thrown',
    });
  });
});
