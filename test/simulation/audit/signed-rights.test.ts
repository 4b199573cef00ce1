import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { signDecision } from '../../../lib/app/delivery/decision-signature.ts';
import { encodeRights } from '../../../lib/app/delivery/rights-codec.ts';
import { deliveryKey } from '../../../lib/core/delivery/delivery-key.ts';
import { adId } from '../../support/ad-builder.ts';
import { SignedRights } from './signed-rights.ts';

const ad = adId(1);
const epoch = 4 * 29_453_760;
const secret = createSecretKey(Buffer.alloc(32, 7));
const key = { id: 1, secret, createdAtMs: 0, signsFromMs: 0, signsUntilMs: Infinity, expiresAt: 0 };

interface Signed {
  readonly generation?: number;
  readonly epoch?: number;
  readonly version?: number;
  /** Decisions that differ have different ones. */
  readonly number?: number;
}

const show = (signed: SignedRights, { generation = 1, version = 7, number = 0, ...some }: Signed = {}) => {
  const random = number.toString(16).padStart(24, '0');
  const token = signDecision(key, { ad, generation, epoch: some.epoch ?? epoch, random, placement: 'top' });
  const body = { decisions: [{ placement: 'top', ads: [{ id: ad, version, decision: { token } }] }] };
  signed.served({
    ...{ id: 1, containerId: 'decide-ads-1', functionName: 'decide-ads', principal: 'p', atMs: 0 },
    ...{ target: '/api/v1/decisions', body: '' },
    answer: { status: 200, body: JSON.stringify(body), isReplay: false },
  });
};

const leased = (rights: number): SignedRights => {
  const signed = new SignedRights();
  signed.lease({ adId: ad, generation: 1, epoch, version: 7 }, rights);
  return signed;
};

describe('the auditor of signed decisions', () => {
  it('allows as many as rights were leased, and the same answer again', () => {
    const signed = leased(2);
    show(signed);
    show(signed);
    show(signed, { number: 1 });
    expect(() => {
      show(signed, { number: 2 });
    }).toThrow('G10: more decisions are signed than rights were leased');
  });

  it.each<[string, Signed]>([
    ['another generation', { generation: 3 }],
    ['another epoch', { epoch: epoch + 4 }],
    ['another version of the ad', { version: 8 }],
  ])('sees one of %s than its right', (_, other) => {
    expect(() => {
      show(leased(1), other);
    }).toThrow('G10: more decisions are signed than rights were leased');
  });

  it('wants the end of a goal in the log before a decision without one', () => {
    const signed = new SignedRights();
    show(signed, { generation: 0 });
    const append = (generation: number): void => {
      signed.appended({
        ...{ epoch: '1', shardId: 's', sequenceNumber: String(generation), arrivedAtMs: 0 },
        partitionKey: deliveryKey(ad, 'impression'),
        data: encodeRights({ v: 1, type: 'RightsOpened', ad, generation, plan: 7 }),
      });
    };
    append(1);
    expect(() => {
      show(signed, { generation: 2 });
    }).toThrow('G11: a decision is of a generation that the log has not opened');
    append(2);
    show(signed, { generation: 2 });
  });
});
