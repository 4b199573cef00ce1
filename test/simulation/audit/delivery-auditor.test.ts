import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { stageSettings } from '../../../lib/stages.ts';
import type { AppendedRecord, Exchange, HttpAnswer, RestView } from './auditor.ts';
import { Violation } from './auditor.ts';
import { claimOf, epochOf, parseDecisionToken, type AuditedToken } from './decision-tokens.ts';
import { createDeliveryAuditor } from './delivery-auditor.ts';

const secret = new Uint8Array(32).fill(7);
const ad = '01890a5d-ac96-774b-bcce-000000000001';
const trace = 'a'.repeat(32);
const nowMs = 1_767_225_700_000;

/** The bytes of a token as the specification has them. */
function tokenOf(signingSecret = secret): string {
  const bytes = Buffer.alloc(42);
  bytes[0] = 1;
  bytes.writeUInt32BE(1, 1);
  bytes.write(ad.replaceAll('-', ''), 5, 'hex');
  bytes.writeUInt32BE(epochOf(nowMs, 10), 25);
  bytes[41] = 3;
  const signed = Buffer.concat([bytes, Buffer.from('top')]);
  const mac = createHmac('sha256', signingSecret).update(signed).digest().subarray(0, 16);
  return Buffer.concat([signed, mac]).toString('base64url');
}

const token = tokenOf();
const parsed = parseDecisionToken(token) as AuditedToken;

function seenBy(what: (tools: Tools) => void): string {
  const auditor = createDeliveryAuditor({
    ...{ settings: stageSettings('staging'), clocksAheadMaxMs: 0, freshWithinMs: undefined },
  });
  auditor.wrote?.({
    atMs: nowMs,
    changes: [
      {
        ...{ key: { table: 'delivery', pk: 'keys', sk: '0000000001' }, before: undefined },
        after: { secret, created_at: BigInt(nowMs), signs_from: BigInt(nowMs) },
      },
    ],
  });
  try {
    what(tools(auditor));
    void auditor.atRest({} as RestView);
    return 'nothing';
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return error.message;
  }
}

interface Tools {
  readonly log: (fields?: Record<string, unknown>) => void;
  readonly exchange: (
    request: Pick<Exchange['request'], 'method' | 'target'> & Partial<Exchange['request']>,
    answer: Partial<HttpAnswer>,
    atMs?: number,
  ) => void;
}

function tools(auditor: ReturnType<typeof createDeliveryAuditor>): Tools {
  return {
    log: (fields = {}) => {
      const event = {
        ...{ v: 1, type: 'Tracked', id: claimOf(parsed, 'impression'), ad, kind: 'impression' },
        ...{ at: nowMs, generation: 0, epoch: parsed.epoch, traceparent: `00-${trace}-${'1'.repeat(16)}-01` },
        ...fields,
      };
      const record: AppendedRecord = {
        ...{ shardId: '1', epoch: '1', sequenceNumber: '1', arrivedAtMs: nowMs, containerId: 'track-ads-1' },
        partitionKey: `\u0001${event.kind === 'click' ? 'c' : 'i'}#${ad}`,
        data: Buffer.from(JSON.stringify(event)),
      };
      auditor.appended?.('increments', record);
    },
    exchange: (request, answer, atMs = nowMs) => {
      const headers = { 'user-agent': 'Mozilla/5.0', traceparent: `00-${trace}-${'2'.repeat(16)}-01` };
      auditor.exchanged?.({
        ...{ id: 1, principal: 'anonymous', sentAtMs: atMs, answeredAtMs: atMs },
        ...{ containerId: 'track-ads-1', containerStartedMs: atMs, containerNowMs: atMs },
        request: { ...request, headers: { ...headers, ...request.headers } },
        answer: { status: 200, headers: {}, body: '', ...answer },
      });
    },
  };
}

const pixel = { method: 'GET', target: `/t/i/${token}` };
const batch = {
  ...{ method: 'POST', target: '/api/v1/events' },
  body: JSON.stringify({ events: [{ token, type: 'impression' }] }),
};
const minuteMs = 60_000;

describe('the auditor of reports', () => {
  it('has nothing against a report that was answered and logged, nor one that failed', () => {
    expect(
      seenBy(({ exchange, log }) => {
        exchange(pixel, {});
        exchange(pixel, { status: 503 });
        log();
      }),
    ).toBe('nothing');
  });

  it.each<[string, (tools: Tools) => void, RegExp]>([
    [
      'that was acknowledged and is not logged',
      ({ exchange }) => {
        exchange(pixel, {});
      },
      /not in the log/,
    ],
    [
      'by HEAD that is logged',
      ({ exchange, log }) => {
        exchange({ ...pixel, method: 'HEAD' }, {});
        log();
      },
      /nobody made/,
    ],
    [
      'of a robot that is logged as of a person',
      ({ exchange, log }) => {
        exchange({ ...pixel, headers: { 'user-agent': 'Googlebot/2.1' } }, {});
        log();
      },
      /nobody made/,
    ],
    [
      'with another time of its decision',
      ({ exchange, log }) => {
        exchange(pixel, {});
        log({ epoch: parsed.epoch + 4 });
      },
      /nobody made/,
    ],
    [
      'that nobody sent',
      ({ log }) => {
        log();
      },
      /of nobody/,
    ],
    [
      'with a forged token that is taken',
      ({ exchange }) => {
        exchange({ method: 'GET', target: `/t/i/${tokenOf(new Uint8Array(32))}` }, {});
      },
      /forged/,
    ],
    [
      'that is good and refused',
      ({ exchange }) => {
        exchange(pixel, { status: 400 });
      },
      /good report is refused/,
    ],
    [
      'that is good and too old',
      ({ exchange }) => {
        exchange(pixel, { status: 410 });
      },
      /good report is refused/,
    ],
    [
      'that is too old and taken',
      ({ exchange }) => {
        exchange(pixel, {}, nowMs + 12 * minuteMs);
      },
      /an old one taken/,
    ],
    [
      'of a batch that is in no list',
      ({ exchange }) => {
        exchange(batch, { status: 202, body: '{"accepted":0,"rejected":[]}' });
      },
      /in no list/,
    ],
    [
      'of a batch that says so and is not logged',
      ({ exchange }) => {
        exchange(batch, { status: 202, body: '{"accepted":1,"rejected":[]}' });
      },
      /not in the log/,
    ],
    [
      'of a click to an address that was not signed',
      ({ exchange }) => {
        exchange(
          { method: 'GET', target: `/t/c/${token}?u=https%3A%2F%2Fevil.example%2F&s=${'A'.repeat(22)}` },
          { status: 302, headers: { location: 'https://evil.example/' } },
        );
      },
      /forged/,
    ],
  ])('finds a report %s', (_, what, message) => {
    expect(seenBy(what)).toMatch(message);
  });
});
