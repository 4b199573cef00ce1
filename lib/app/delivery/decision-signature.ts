import { hash, timingSafeEqual } from 'node:crypto';
import {
  macBytes,
  readDecision,
  tokenBytesMax,
  writeDecision,
  type Decision,
} from '../../core/delivery/decision-token.ts';
import { hmacSha256 } from './hmac.ts';
import type { SigningKey } from './signing-keys.ts';

/** A token whose form is right; `bytes` are all of it. */
export interface ReadToken {
  readonly text: string;
  readonly decision: Decision;
  readonly bytes: Uint8Array;
}

/** Used by one call at a time: nothing below waits. */
const scratch = Buffer.alloc(tokenBytesMax);

/** The text of a token: base64url, without padding. */
export function signDecision(key: SigningKey, decision: Omit<Decision, 'keyId'>): string {
  const end = writeDecision(scratch, { ...decision, keyId: key.id });
  scratch.write(macText(key, scratch.subarray(0, end)), end, 'latin1');
  return scratch.toString('base64url', 0, end + macBytes);
}

const tokenForm = /^[\w-]{1,200}$/;

/** undefined: not a token. Its signature is not checked: `isSigned`, or `isLinkSigned` for one with an address. */
export function readToken(text: string): ReadToken | undefined {
  if (!tokenForm.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  // The last digit may hold bits that belong to no byte; one token has one text.
  if (bytes.toString('base64url') !== text) return undefined;
  const decision = readDecision(bytes);
  return decision && { text, decision, bytes };
}

export function isSigned(key: SigningKey, { bytes }: ReadToken): boolean {
  const end = bytes.length - macBytes;
  return timingSafeEqual(macOf(key, bytes.subarray(0, end)), bytes.subarray(end));
}

/**
 * Signs that clicks of this ad lead to this address: base64url. It is of the ad and not of one token, so that a
 * decision needs one signature where the ad was shown before.
 */
export function signLink(key: SigningKey, ad: string, url: string): string {
  return linkMac(key, ad, url).toString('base64url');
}

/** Whether the token is signed, and `signLink` made this signature for its ad with the same key. */
export function isLinkSigned(key: SigningKey, token: ReadToken, url: string, signature: string): boolean {
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== macBytes || !isSigned(key, token)) return false;
  return timingSafeEqual(linkMac(key, token.decision.ad, url), given);
}

/** The id of the event, and of its claim: 32 hex digits. Each token has one for each kind. */
export function trackedId({ bytes }: ReadToken, kind: 'impression' | 'click'): string {
  const signed = bytes.subarray(0, bytes.length - macBytes);
  return hash('sha256', Buffer.concat([signed, Buffer.from(kind)]), 'hex').slice(0, 32);
}

/** A line break, which no id has, divides the two. */
function linkMac(key: SigningKey, ad: string, url: string): Buffer {
  return macOf(key, `${ad}\n${url}`);
}

function macOf(key: SigningKey, message: string | Uint8Array): Buffer {
  return Buffer.from(macText(key, message), 'latin1');
}

/** HMAC-SHA-256, cut to 128 bits, as Latin-1. Bytes of a token begin with 1, and the text of an id with a digit. */
function macText({ secret }: SigningKey, message: string | Uint8Array): string {
  return hmacSha256(secret, message).slice(0, macBytes);
}
