import { describe, expect, it } from '@jest/globals';
import { fromQuarantineJson, toQuarantineJson } from '../../../lib/adapters/aws/quarantine-json.ts';
import {
  quarantineKey,
  UnreadableRecordError,
  type QuarantinedRecord,
} from '../../../lib/ports/quarantine.ts';

const record: QuarantinedRecord = {
  stream: 'increments',
  epoch: '1',
  shardId: 'shardId-000000000000',
  sequenceNumber: '7',
  partitionKey: 'k',
  data: Uint8Array.of(1, 2, 3),
  arrivedAtMs: 1,
  quarantinedAtMs: 2,
  reason: 'not JSON',
};

describe('A quarantined record as a file', () => {
  it('is read as it was written', () => {
    expect(fromQuarantineJson(quarantineKey(record), toQuarantineJson(record))).toEqual(record);
  });

  // Covers API10.2 (docs/security.md).
  it.each([
    ['sequenceNumber', '8'],
    ['shardId', 'shardId-000000000001'],
    ['epoch', '2'],
    ['stream', 'ad-events'],
  ])('is refused when its %s is that of another record', (name, value) => {
    const json = toQuarantineJson({ ...record, [name]: value });
    expect(() => fromQuarantineJson(quarantineKey(record), json)).toThrow(UnreadableRecordError);
  });

  it.each([
    ['no JSON', '{'],
    ['another object', '{"stream":"increments"}'],
    ['data that is not base64', toQuarantineJson(record).replace('AQID', 'A!ID')],
    ['data cut short', toQuarantineJson(record).replace('AQID', 'AQI')],
  ])('is refused when it is %s', (_, json) => {
    expect(json).not.toBe(toQuarantineJson(record));
    expect(() => fromQuarantineJson(quarantineKey(record), json)).toThrow(UnreadableRecordError);
  });
});
