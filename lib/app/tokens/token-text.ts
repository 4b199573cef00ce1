import { hash, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Ids } from '../../ports/ids.ts';

/** The two parts of a token: the id may be shown and logged; the secret is shown once and stored nowhere. */
export interface TokenParts {
  /** 16 hex digits. */
  readonly id: string;
  /** 64 hex digits, at least 192 random bits. */
  readonly secret: string;
}

export interface ParsedToken extends TokenParts {
  /** false: an earlier release made it, with 64 random digits. */
  readonly hasChecksum: boolean;
}

/** The prefix lets scanners for leaked secrets find tokens. Earlier releases accept this form too. */
const pattern = /^adtally_([0-9a-f]{16})_([0-9a-f]{64})$/;

/** How a secret with a checksum begins. One in 4 billion without a checksum begins so too. */
const checksumMark = '00000002';
const checksumDigits = 8;

/**
 * The secret is a mark, 48 random digits, and a checksum of everything before it. So a mistyped token reads nothing
 * from the store, and earlier releases take it for one of their own.
 */
export function newToken(ids: Pick<Ids, 'nonce'>): TokenParts {
  const id = ids.nonce().slice(0, 16);
  const random = (ids.nonce() + ids.nonce()).slice(0, 64 - checksumMark.length - checksumDigits);
  const secret = `${checksumMark}${random}`;
  return { id, secret: secret + checksumOf(tokenText({ id, secret })) };
}

export function tokenText({ id, secret }: TokenParts): string {
  return `adtally_${id}_${secret}`;
}

/** undefined: the text does not have the form of a token, or its checksum is wrong. */
export function parseToken(text: string): ParsedToken | undefined {
  const [, id, secret] = pattern.exec(text) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  if (!secret.startsWith(checksumMark)) return { id, secret, hasChecksum: false };
  const isRight = checksumOf(text.slice(0, -checksumDigits)) === text.slice(-checksumDigits);
  return isRight ? { id, secret, hasChecksum: true } : undefined;
}

/** CRC-32 as in gzip: it finds a wrong digit, and digits in the wrong order. It proves nothing. */
function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(checksumDigits, '0');
}

/**
 * One round of SHA-256 is enough: a secret of 192 random bits cannot be guessed, so it needs no slow password
 * hash. The id is hashed too, so that no hash fits another item.
 */
export function hashToken({ id, secret }: TokenParts): string {
  return hash('sha256', `${id}:${secret}`, 'hex');
}

/** Compares in constant time. */
export function hashesEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
