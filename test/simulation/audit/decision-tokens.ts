import { createHash, createHmac } from 'node:crypto';
import type { Attributes } from '../../../lib/ports/state-store.ts';
import type { AppliedWrite } from './auditor.ts';
import { demand } from './demand.ts';

/** What a decision token says, and the bytes that say it. */
export interface AuditedToken {
  readonly text: string;
  readonly keyId: number;
  readonly ad: string;
  readonly generation: number;
  readonly epoch: number;
  readonly placement: string;
  /** All bytes before the MAC. */
  readonly signed: Buffer;
  readonly mac: Buffer;
}

export type TrackedKind = 'impression' | 'click';

const macBytes = 16;
const placementAt = 42;

/** The format of tokens, read here once more so that a mistake of the codec does not hide itself. */
export function parseDecisionToken(text: string): AuditedToken | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text || bytes.length <= placementAt + macBytes) return undefined;
  const end = bytes.length - macBytes;
  if (bytes[0] !== 1 || bytes[placementAt - 1] !== end - placementAt) return undefined;
  const placement = bytes.toString('latin1', placementAt, end);
  if (!/^[!-~]{1,64}$/.test(placement)) return undefined;
  return {
    ...{ text, placement, keyId: bytes.readUInt32BE(1) },
    ad: bytes.toString('hex', 5, 21).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    generation: bytes.readUInt32BE(21),
    epoch: bytes.readUInt32BE(25),
    signed: bytes.subarray(0, end),
    mac: bytes.subarray(end),
  };
}

/** The id of the event that reports this decision, and of its claim. */
export function claimOf({ signed }: AuditedToken, kind: TrackedKind): string {
  return createHash('sha256').update(signed).update(kind).digest('hex').slice(0, 32);
}

const minuteMs = 60_000;

export function epochLengthMs(impressionMinutes: number): number {
  return Math.ceil((impressionMinutes + 18) / 32) * minuteMs;
}

export function epochBeginMs(epoch: number): number {
  return Math.floor(epoch / 4) * minuteMs;
}

/** The number of the epoch of a decision at an instant. */
export function epochOf(atMs: number, impressionMinutes: number): number {
  const lengthMs = epochLengthMs(impressionMinutes);
  const begins = Math.floor(atMs / lengthMs) * lengthMs;
  return (begins / minuteMs) * 4 + (Math.floor(atMs / 86_400_000) % 4);
}

/** From then on events of the decisions of an epoch are too late. */
export function reportedUntilMs(kind: TrackedKind, epoch: number, impressionMinutes: number): number {
  const lateMs = kind === 'click' ? 24 * 60 * minuteMs : impressionMinutes * minuteMs;
  return epochBeginMs(epoch) + epochLengthMs(impressionMinutes) + lateMs;
}

/** Instants by one clock, both included. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

interface SigningKey {
  readonly secret: Uint8Array;
  readonly createdAtMs: number;
  readonly signsFromMs: number;
}

/** A container that signs may learn of a new key so much later than it signs. */
const signsLateMs = 15 * minuteMs;
const announcedMs = 5 * minuteMs;
/** Between two keys, less what two clocks may be apart. */
const rotationMs = 24 * 60 * minuteMs - 10 * minuteMs;

/** The keys as the store got them. */
export class SigningKeyBook {
  readonly #keys = new Map<number, SigningKey>();

  get size(): number {
    return this.#keys.size;
  }

  wrote({ changes }: AppliedWrite): void {
    for (const { key, after } of changes) {
      if (key.table !== 'delivery' || key.pk !== 'keys' || after === undefined) continue;
      this.#note(Number(key.sk), keyIn(after));
    }
  }

  isSigned({ keyId, signed, mac }: AuditedToken): boolean {
    return this.#macOf(keyId, signed)?.equals(mac) ?? false;
  }

  isLinked({ keyId, ad }: AuditedToken, url: string, signature: string): boolean {
    return this.#macOf(keyId, `${ad}\n${url}`)?.toString('base64url') === signature;
  }

  /** Whether a container may sign with this key at an instant of its clock that is in this stretch. */
  maySign(keyId: number, { fromMs, toMs }: Stretch): boolean {
    const key = this.#keys.get(keyId);
    const next = this.#keys.get(keyId + 1);
    // A clock that is far behind finds no key that signs: then the first does.
    const hasBegun = key !== undefined && (keyId === 1 || key.signsFromMs <= toMs);
    return hasBegun && (next === undefined || fromMs <= next.signsFromMs + signsLateMs);
  }

  #note(id: number, key: SigningKey): void {
    const known = this.#keys.get(id);
    const isSame =
      known === undefined ||
      (Buffer.compare(known.secret, key.secret) === 0 && known.signsFromMs === key.signsFromMs);
    demand(isSame, 'G11', 'a key that signs was changed', () => ({ id }));
    if (known !== undefined) return;
    const before = this.#keys.get(id - 1);
    const isInTurn =
      id === 1 ||
      (before !== undefined &&
        key.createdAtMs - before.createdAtMs >= rotationMs &&
        key.signsFromMs - key.createdAtMs >= announcedMs);
    demand(isInTurn && key.secret.length === 32, 'G11', 'a key was made out of turn', () => ({
      id,
      key,
      before,
    }));
    this.#keys.set(id, key);
  }

  #macOf(keyId: number, message: string | Uint8Array): Buffer | undefined {
    const key = this.#keys.get(keyId);
    return key && createHmac('sha256', key.secret).update(message).digest().subarray(0, macBytes);
  }
}

function keyIn(item: Attributes): SigningKey {
  const { secret, created_at: createdAt, signs_from: signsFrom } = item;
  return {
    secret: secret instanceof Uint8Array ? secret : new Uint8Array(),
    createdAtMs: Number(createdAt),
    signsFromMs: Number(signsFrom),
  };
}
