import { createHash, createHmac, createSecretKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  isLinkSigned,
  isSigned,
  readToken,
  signDecision,
  signLink,
  trackedId,
} from '../../../lib/app/delivery/decision-signature.ts';
import type { SigningKey } from '../../../lib/app/delivery/signing-keys.ts';
import type { Decision } from '../../../lib/core/delivery/decision-token.ts';

const secret = Buffer.alloc(32, 7);
const key = (id: number, bytes: Buffer = secret): SigningKey => ({
  id,
  secret: createSecretKey(bytes),
  ...{ createdAtMs: 0, signsFromMs: 0, signsUntilMs: Infinity, expiresAt: undefined },
});
const decision: Omit<Decision, 'keyId'> = {
  ad: '00112233-4455-7677-8899-aabbccddeeff',
  generation: 0,
  epoch: 119_000_000,
  random: '0102030405060708090a0b0c',
  placement: 'article/top',
};
const url = 'https://shop.example/shoes?a=1&b=2';

describe('a decision token', () => {
  it('is base64url, and its MAC is HMAC-SHA-256 of all before it, cut to 16 bytes', () => {
    const text = signDecision(key(3), decision);
    expect(text).toMatch(/^[\w-]+$/);
    const bytes = Buffer.from(text, 'base64url');
    const mac = createHmac('sha256', secret).update(bytes.subarray(0, -16)).digest().subarray(0, 16);
    expect(bytes.subarray(-16)).toEqual(mac);
    expect(readToken(text)?.decision).toEqual({ ...decision, keyId: 3 });
    expect(isSigned(key(3), readToken(text)!)).toBe(true);
  });

  it('is refused with any bit changed, and by any other key', () => {
    const bytes = Buffer.from(signDecision(key(3), decision), 'base64url');
    let read = 0;
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const forged = Buffer.from(bytes);
      forged[bit >> 3]! ^= 1 << (bit & 7);
      const token = readToken(forged.toString('base64url'));
      if (token === undefined) continue;
      read += 1;
      expect({ bit, isSigned: isSigned(key(3), token) }).toEqual({ bit, isSigned: false });
    }
    // Version, length, and the high bits of the placement have but one form.
    expect(read).toBeGreaterThan(bytes.length * 8 - 60);
    const token = readToken(bytes.toString('base64url'))!;
    expect(isSigned(key(3, Buffer.alloc(32, 8)), token)).toBe(false);
  });

  it('has one text', () => {
    const text = signDecision(key(3), { ...decision, placement: 'p' });
    const others = [`${text}=`, ` ${text}`, `${text}\n`, text.slice(0, -1), `${text}A`, '', 'a'.repeat(201)];
    // The last digit of this length holds 4 bits that belong to no byte.
    expect(text.length % 4).toBe(3);
    const lastDigit = text.endsWith('A') ? 'B' : String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
    for (const other of [...others, text.slice(0, -1) + lastDigit]) expect(readToken(other)).toBeUndefined();
  });

  it('has an id for each kind of event, of all before the MAC', () => {
    const token = readToken(signDecision(key(3), decision))!;
    const idOf = (kind: 'impression' | 'click'): string =>
      createHash('sha256').update(token.bytes.subarray(0, -16)).update(kind).digest('hex').slice(0, 32);
    expect(trackedId(token, 'impression')).toBe(idOf('impression'));
    expect(trackedId(token, 'click')).toBe(idOf('click'));
    expect(idOf('click')).not.toBe(idOf('impression'));
  });
});

describe('the signature of a link', () => {
  const text = signDecision(key(3), decision);
  const token = readToken(text)!;
  const signature = signLink(key(3), decision.ad, url);

  it('fits the address and every token of the ad', () => {
    expect(signature).toBe(
      createHmac('sha256', secret)
        .update(`${decision.ad}\n${url}`)
        .digest()
        .subarray(0, 16)
        .toString('base64url'),
    );
    const later = readToken(signDecision(key(3), { ...decision, placement: 'article/to' }))!;
    for (const each of [token, later]) expect(isLinkSigned(key(3), each, url, signature)).toBe(true);
  });

  it('fits no other address, ad, key or signature, and no forged token', () => {
    const other = readToken(signDecision(key(3), { ...decision, ad: decision.ad.replace(/.$/, '9') }))!;
    expect(other.decision.ad).not.toBe(decision.ad);
    const forged = readToken(signDecision(key(3, Buffer.alloc(32, 8)), decision))!;
    expect(isLinkSigned(key(3), forged, url, signature)).toBe(false);
    expect(isLinkSigned(key(3), token, `${url}#`, signature)).toBe(false);
    expect(isLinkSigned(key(3), token, 'https://evil.example/', signature)).toBe(false);
    expect(isLinkSigned(key(3), other, url, signature)).toBe(false);
    expect(isLinkSigned(key(3, Buffer.alloc(32, 8)), token, url, signature)).toBe(false);
    const own = Buffer.from(text, 'base64url').subarray(-16).toString('base64url');
    for (const wrong of ['', signature.slice(1), `${signature}AA`, own, 'é'])
      expect({ wrong, fits: isLinkSigned(key(3), token, url, wrong) }).toEqual({ wrong, fits: false });
  });
});
