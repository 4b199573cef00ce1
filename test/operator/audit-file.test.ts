import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AuditBook, PendingRecord, Withheld } from '../../lib/app/audit/audit-book.ts';
import { AuditFileError } from '../../lib/app/audit/audit-book-codec.ts';
import { readAuditFile, writeAuditFile } from '../../lib/operator/audit-file.ts';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'adtally-audit-file-'));
  path = join(folder, 'audit.ndjson');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const text = fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' });
const hexId = fc.stringMatching(/^[0-9a-f]{32}$/);
const number = fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String);
const value = fc.bigInt({ min: 0n, max: 10n ** 19n });
const eventId = fc.option(hexId, { nil: undefined });
const shardId = fc.stringMatching(/^shardId-\d{12}$/);
const pending: fc.Arbitrary<PendingRecord> = fc.record({
  mark: shardId.map((id) => `hw|1|${id}|`),
  sequenceNumber: number,
  value,
  eventId,
});
const withheld: fc.Arbitrary<Withheld> = fc.record({
  key: text,
  position: fc.record({ epoch: fc.constant('1'), shardId, sequenceNumber: number }),
  value,
  eventId,
});
const sum = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const mapOf = <T>(keys: fc.Arbitrary<string>, values: fc.Arbitrary<T>): fc.Arbitrary<Map<string, T>> =>
  fc.array(fc.tuple(keys, values), { maxLength: 4 }).map((entries) => new Map(entries));
const book: fc.Arbitrary<AuditBook> = fc.record({
  epoch: fc.constant('1'),
  whole: fc.boolean(),
  ranAtMs: fc.option(fc.nat(), { nil: undefined }),
  positions: mapOf(shardId, fc.option(number, { nil: undefined })),
  accounts: mapOf(
    text,
    fc.record({
      settled: sum,
      pending: fc.array(pending, { maxLength: 3 }),
      baseline: fc.option(sum, { nil: undefined }),
    }),
  ),
  keyedIds: mapOf(hexId, fc.nat()),
  withheld: fc
    .array(withheld, { maxLength: 3 })
    .map(
      (all) =>
        new Map(
          all.map((one) => [`1/${one.position.shardId}/${one.position.sequenceNumber} ${one.key}`, one]),
        ),
    ),
  suspects: mapOf(text, fc.array(pending, { maxLength: 3 })),
  began: fc.option(
    fc.record({
      positions: mapOf(shardId, fc.option(number, { nil: undefined })),
      waiting: mapOf(text, fc.array(pending, { maxLength: 3 })),
      copies: fc.array(number, { maxLength: 3 }).map((all) => new Set(all)),
      withCopies: fc.array(text, { maxLength: 3 }).map((all) => new Set(all)),
    }),
    { nil: undefined },
  ),
  unreadable: fc.nat(),
});

describe('the file of an audit', () => {
  it('holds every book whole, and is for its owner alone', () => {
    fc.assert(
      fc.property(book, (one) => {
        writeAuditFile(path, 'dev', one);
        expect(readAuditFile(path, 'dev', '1')).toEqual(one);
      }),
      { numRuns: 60 },
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    // Nothing else is left in the folder.
    expect(readdirSync(folder)).toEqual(['audit.ndjson']);
  });

  it('holds more lines than are written at a time', () => {
    const many = readAuditFile(join(folder, 'none'), 'dev', '1');
    for (let i = 0; i < 20_003; i += 1) many.keyedIds.set(String(i).padStart(32, '0'), i);
    writeAuditFile(path, 'dev', many);
    expect(readAuditFile(path, 'dev', '1').keyedIds).toEqual(many.keyedIds);
  });

  it('is read as version 0.1.0 wrote it, without ids of events', () => {
    const lines = [
      ['adtally-audit-1', 'dev', '1', true, 17, 2],
      ['shard', 'shardId-000000000000', '19'],
      ['shard', 'shardId-000000000001', null],
      ['counter', 'a', '7', null, [['hw|1|shardId-000000000000|', '20', '5']]],
      ['suspects', 'a', [['hw|1|shardId-000000000000|', '18', '4']]],
      ['event', '0'.repeat(32), 12],
      ['withheld', 'a', '1', 'shardId-000000000000', '3', '9'],
    ];
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const position = { epoch: '1', shardId: 'shardId-000000000000', sequenceNumber: '3' };
    const mark = 'hw|1|shardId-000000000000|';
    expect(readAuditFile(path, 'dev', '1')).toEqual({
      ...{ epoch: '1', whole: true, ranAtMs: 17, unreadable: 2 },
      positions: new Map([
        ['shardId-000000000000', '19'],
        ['shardId-000000000001', undefined],
      ]),
      accounts: new Map([
        [
          'a',
          {
            settled: 7n,
            baseline: undefined,
            pending: [{ mark, sequenceNumber: '20', value: 5n, eventId: undefined }],
          },
        ],
      ]),
      suspects: new Map([['a', [{ mark, sequenceNumber: '18', value: 4n, eventId: undefined }]]]),
      keyedIds: new Map([['0'.repeat(32), 12]]),
      withheld: new Map([
        ['1/shardId-000000000000/3 a', { key: 'a', position, value: 9n, eventId: undefined }],
      ]),
    });
  });

  it('is refused if it is cut anywhere, or of another stage, stream or kind', () => {
    const one = readAuditFile(join(folder, 'none'), 'dev', '1');
    one.positions.set('shardId-000000000000', '5');
    writeAuditFile(path, 'dev', one);
    const whole = readFileSync(path);
    const firstLine = whole.indexOf(10) + 1;
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(path, whole.subarray(0, length));
      // At the end of a line nothing shows that lines are missing; the file is replaced in one step.
      if (length === firstLine) expect(readAuditFile(path, 'dev', '1').positions.size).toBe(0);
      else expect(() => readAuditFile(path, 'dev', '1')).toThrow(AuditFileError);
    }
    writeFileSync(path, whole);
    expect(() => readAuditFile(path, 'prod', '1')).toThrow('belongs to stage dev');
    expect(() => readAuditFile(path, 'dev', '2')).toThrow('belongs to stream epoch 1');
    writeFileSync(path, `${JSON.stringify(['adtally-audit-2', 'dev', '1', true, null, 0])}\n`);
    expect(() => readAuditFile(path, 'dev', '1')).toThrow('is not an audit file of this version');
    writeFileSync(path, Buffer.concat([whole, Buffer.from('["more",1]\n')]));
    expect(() => readAuditFile(path, 'dev', '1')).toThrow('unknown line');
  });
});
