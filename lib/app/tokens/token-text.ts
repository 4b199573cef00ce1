import { hash, timingSafeEqual } from 'node:crypto';
import type { Ids } from '../../ports/ids.ts';

/** The two parts of a token: the id may be shown and logged; the secret is shown once and stored nowhere. */
export interface TokenParts {
  /** 16 hex digits. */
  readonly id: string;
  /** 64 hex digits: 256 random bits. */
  readonly secret: string;
}

/** The prefix lets scanners for leaked secrets find tokens. */
const pattern = /^adtally_([0-9a-f]{16})_([0-9a-f]{64})$/;

export function newToken(ids: Pick<Ids, 'nonce'>): TokenParts {
  return { id: ids.nonce().slice(0, 16), secret: ids.nonce() + ids.nonce() };
}

export function tokenText({ id, secret }: TokenParts): string {
  return `adtally_${id}_${secret}`;
}

/** undefined: the text does not have the form of a token. */
export function parseToken(text: string): TokenParts | undefined {
  const [, id, secret] = pattern.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/**
 * One round of SHA-256 is enough: a secret of 256 random bits cannot be guessed, so it needs no slow password
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
