import { createSecretKey, type KeyObject } from 'node:crypto';
import { assert } from '../../core/assert.ts';
import {
  isStateStoreError,
  StateStoreError,
  type Attributes,
  type Condition,
  type StoredItem,
} from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { readRange } from '../read-range.ts';
import { signingKeyKey, signingKeysPartition } from '../state-keys.ts';
import { waitAtMost } from '../wait-at-most.ts';

/** A key that signs decision tokens and the links of clicks. */
export interface SigningKey {
  /** 1 and counting up, in order of creation. */
  readonly id: number;
  readonly secret: KeyObject;
  readonly createdAtMs: number;
  /** From then on it signs, unless a later key does: by then every container has read it. */
  readonly signsFromMs: number;
  /** From then on the next key signs; Infinity: it is the last key. */
  readonly signsUntilMs: number;
  /** Seconds since 1970: until then a retired key verifies. undefined: it is not retired. */
  readonly expiresAt: number | undefined;
}

/** A new key signs this much later than it is made; containers read the keys far more often. */
export const announcedMs = 5 * 60_000;
/** The shortest time between two rotations: tokens of at most two keys are then young enough to count. */
export const rotationMsMin = 24 * 3_600_000;
/** A retired key goes on verifying, so that links in pages and mails go on redirecting. */
export const retiredDays = 90;

/** Keys are read again when they are older than this, and at most once a second for an id that is not known. */
export const rereadMs = 60_000;
export const unknownRereadMs = 1000;

/**
 * What a call waits for a read, milliseconds, once a container knows any key: people wait for the page behind a click,
 * and decisions have `waitsMsMax`. A read that takes longer is waited for by nobody and goes on.
 */
export const keysWaitMsMax = 100;
/** In all, once the keys are too old to sign with, as after a pause: nothing can be decided without that read. */
export const signingWaitMsMax = 1000;

/** What the clocks of the operator who rotates and of a container may differ by, milliseconds. */
const skewMsMax = 15 * 60_000;

/**
 * A container whose last read is older does not sign: another key may sign by then. With clocks that differ by ten
 * minutes, its tokens are refused from fifteen minutes after the next key began (event-judge.ts).
 */
export const signsWithinMs = 10 * 60_000;

/** Two reads may fail. A key is announced earlier, so at its beginning every such container knows it. */
export const knownWithinMs = 2 * 60_000;

/** Of a key that is not known. `retired`: it was deleted; `unsure`: it may be new, ask again; `never`: it is forged. */
export type UnknownKey = 'retired' | 'unsure' | 'never';

export interface SigningKeys {
  /**
   * The key that signs now; makes the first key of a stage. Rejects with a StateStoreError if the keys have not been
   * read within `signsWithinMs`.
   */
  current(): SigningKey | Promise<SigningKey>;
  find(id: number): SigningKey | UnknownKey | Promise<SigningKey | UnknownKey>;
  /**
   * The keys that sign at some instant of this time, both ends included, the first one also before it was made. Rejects
   * with a StateStoreError if the keys have not been read within `knownWithinMs`.
   */
  between(fromMs: number, throughMs: number): Promise<readonly SigningKey[]>;
}

type KeyPorts = Pick<Ports, 'state' | 'clock' | 'ids'>;

/** By both clocks: the monotonic one may stop while a container is frozen, the wall clock may jump. */
interface Instant {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

const never: Instant = { wallMs: -Infinity, monotonicMs: -Infinity };

/** The keys of a stage as one container knows them. While the store fails, the keys that it has read stay valid. */
export function createSigningKeys(deps: KeyPorts): SigningKeys {
  const { clock } = deps;
  let known: readonly SigningKey[] = [];
  let readAt = never;
  let triedAt = never;
  let reading: Promise<void> | undefined;
  /** The read that is under way has been waited for in vain. */
  let isSlow = false;

  const ageOf = ({ wallMs, monotonicMs }: Instant): number =>
    Math.max(clock.monotonicMs() - monotonicMs, clock.nowMs() - wallMs);
  const read = (): Promise<void> => {
    reading ??= (async () => {
      triedAt = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
      const startedAt = triedAt;
      try {
        known = (await listSigningKeys(deps)).map((key) => known.find((old) => isSame(old, key)) ?? key);
        readAt = startedAt;
      } finally {
        reading = undefined;
        isSlow = false;
      }
    })();
    return reading;
  };
  // A container that has never read them can do nothing without.
  const mayRead = (): boolean => readAt === never || ageOf(triedAt) >= unknownRereadMs;
  const isOld = (): boolean => ageOf(readAt) >= rereadMs && mayRead();
  /**
   * Whether the keys were read. A failure leaves those that are known, and so does a read that takes long; without
   * any, it is waited for, and rejects as it does.
   */
  const refresh = async (): Promise<boolean> => {
    const work = read();
    if (known.length === 0) {
      await work;
      return true;
    }
    try {
      if (!isSlow) isSlow = !(await waitAtMost(clock, keysWaitMsMax, work));
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
      return false;
    }
    if (isSlow) work.catch(() => undefined);
    return !isSlow;
  };
  const signing = (): SigningKey | undefined => {
    const nowMs = clock.nowMs();
    // A clock that is far behind finds no key that signs: then the first does.
    return known.findLast(({ signsFromMs }) => signsFromMs <= nowMs) ?? known[0];
  };
  const pick = (id: number): SigningKey | undefined => {
    const found = known.find((key) => key.id === id);
    return found?.expiresAt !== undefined && found.expiresAt * 1000 <= clock.nowMs() ? undefined : found;
  };
  const isOfPast = (id: number): boolean => id > 0 && id <= (known.at(-1)?.id ?? 0);
  /** Ids count up, and rotations are a day apart: a container that has read the keys since knows all but one. */
  const isImpossible = (id: number): boolean => {
    if (id < 1) return true;
    const last = known.at(-1);
    if (last === undefined || ageOf(readAt) >= rotationMsMin - skewMsMax) return false;
    return id > last.id + 1 || (id > last.id && clock.nowMs() - last.createdAtMs < rotationMsMin - skewMsMax);
  };

  const isTooOld = (): boolean => ageOf(readAt) >= signsWithinMs;
  const nextKey = async (): Promise<SigningKey> => {
    // After a long pause, requests at once wait for the read that the first of them began.
    if (mayRead() || reading !== undefined) await refresh();
    if (known.length === 0) {
      await makeKey(deps, 1, clock.nowMs());
      await read();
    }
    if (isTooOld() && reading !== undefined)
      await waitAtMost(clock, signingWaitMsMax - keysWaitMsMax, reading);
    if (isTooOld())
      throw new StateStoreError('state-unavailable', 'the keys were read too long ago to sign with them');
    const key = signing();
    assert(key !== undefined, 'a stage that signs has a key');
    return key;
  };
  const look = async (id: number): Promise<SigningKey | UnknownKey> => {
    const askedMs = clock.monotonicMs();
    // A read that began after the question has every key that signed a token before it.
    const isCertain = (): boolean => readAt.monotonicMs >= askedMs;
    if (pick(id) !== undefined && mayRead()) await refresh();
    const isOpen = (): boolean =>
      pick(id) === undefined && !isOfPast(id) && !isImpossible(id) && !isCertain();
    // The read that is under way may have begun too early; then the next one knows.
    for (let tries = 0; tries < 2 && isOpen(); tries += 1) {
      // All who ask meanwhile share it.
      if (reading === undefined && !mayRead()) await clock.sleep(unknownRereadMs - ageOf(triedAt));
      if (isOpen() && !(await refresh())) break;
    }
    const found = pick(id);
    if (found !== undefined) return found;
    if (isOfPast(id)) return 'retired';
    return isCertain() || isImpossible(id) ? 'never' : 'unsure';
  };

  return {
    current: () => (isOld() || isTooOld() ? undefined : signing()) ?? nextKey(),
    async between(fromMs, throughMs) {
      if (isOld() || (reading !== undefined && ageOf(readAt) >= knownWithinMs)) await refresh();
      if (ageOf(readAt) >= knownWithinMs)
        throw new StateStoreError('state-unavailable', 'the keys were read too long ago to know all');
      const [first] = known;
      const found = known.filter(
        ({ signsFromMs, signsUntilMs }) => signsFromMs <= throughMs && fromMs < signsUntilMs,
      );
      return found.length > 0 || first === undefined ? found : [first];
    },
    find(id) {
      if (isImpossible(id)) return 'never';
      if (isOld()) return look(id);
      return pick(id) ?? (isOfPast(id) ? 'retired' : look(id));
    },
  };
}

/** What was made of a key is kept with it, so a key that was read again stays the same object. */
function isSame(old: SigningKey, read: SigningKey): boolean {
  const { id, createdAtMs, signsFromMs, signsUntilMs, expiresAt } = old;
  return (
    id === read.id &&
    createdAtMs === read.createdAtMs &&
    signsFromMs === read.signsFromMs &&
    signsUntilMs === read.signsUntilMs &&
    expiresAt === read.expiresAt &&
    old.secret.equals(read.secret)
  );
}

/** All keys that are stored, by id; `signsUntilMs` is by the next one. Rejects with a StateStoreError. */
export async function listSigningKeys({ state }: Pick<Ports, 'state'>): Promise<readonly SigningKey[]> {
  const found: ReturnType<typeof fromItem>[] = [];
  for await (const item of readRange(state, { table: 'delivery', pk: signingKeysPartition })) {
    found.push(fromItem(item));
  }
  return found.map((key, index) => ({ ...key, signsUntilMs: found[index + 1]?.signsFromMs ?? Infinity }));
}

export type Rotation =
  | { readonly status: 'made'; readonly id: number; readonly signsFromMs: number }
  /** The last key is younger than `rotationMsMin`. */
  | { readonly status: 'too-soon'; readonly id: number; readonly againAtMs: number }
  /** Another rotation ran at the same time. */
  | { readonly status: 'overtaken' };

/**
 * Makes the next key and retires those before it, in one transaction. It may be repeated: a second key within a day
 * is refused. Rejects with a StateStoreError.
 */
export async function rotateSigningKeys(deps: KeyPorts): Promise<Rotation> {
  const keys = await listSigningKeys(deps);
  const last = keys.at(-1);
  const nowMs = deps.clock.nowMs();
  if (last === undefined) {
    const isMade = await makeKey(deps, 1, nowMs);
    return isMade ? { status: 'made', id: 1, signsFromMs: nowMs } : { status: 'overtaken' };
  }
  const againAtMs = last.createdAtMs + rotationMsMin;
  if (nowMs < againAtMs) return { status: 'too-soon', id: last.id, againAtMs };
  const id = last.id + 1;
  const signsFromMs = nowMs + announcedMs;
  const expiresAt = BigInt(Math.ceil(signsFromMs / 1000) + retiredDays * 24 * 3600);
  const retiring: Condition = {
    op: 'all',
    of: [{ op: 'item-present' }, { op: 'absent', attribute: 'expires_at' }],
  };
  const result = await deps.state.transact([
    putKey(deps, id, { createdAtMs: nowMs, signsFromMs }),
    // Mostly one: each rotation retires the key before.
    ...keys
      .filter((key) => key.expiresAt === undefined)
      .map((key) => ({
        ...({ type: 'update', key: signingKeyKey(key.id), condition: retiring } as const),
        set: { expires_at: expiresAt },
      })),
  ]);
  return result.status === 'written' ? { status: 'made', id, signsFromMs } : { status: 'overtaken' };
}

/** Makes a key that signs at once, unless its id is taken. Rejects with a StateStoreError. */
async function makeKey(deps: KeyPorts, id: number, nowMs: number): Promise<boolean> {
  const result = await deps.state.write(putKey(deps, id, { createdAtMs: nowMs, signsFromMs: nowMs }));
  return result.status === 'written';
}

function putKey(
  { ids }: Pick<Ports, 'ids'>,
  id: number,
  { createdAtMs, signsFromMs }: Pick<SigningKey, 'createdAtMs' | 'signsFromMs'>,
) {
  const attributes: Attributes = {
    secret: Uint8Array.from(Buffer.from(ids.nonce() + ids.nonce(), 'hex')),
    created_at: BigInt(createdAtMs),
    signs_from: BigInt(signsFromMs),
  };
  const condition: Condition = { op: 'item-absent' };
  return { type: 'put', key: signingKeyKey(id), attributes, condition } as const;
}

function fromItem({ sk, attributes }: StoredItem): Omit<SigningKey, 'signsUntilMs'> {
  const { secret, created_at: createdAt, signs_from: signsFrom, expires_at: expiresAt } = attributes;
  assert(
    secret instanceof Uint8Array && typeof createdAt === 'bigint' && typeof signsFrom === 'bigint',
    'a signing key has its fields',
  );
  return {
    id: Number(sk),
    secret: createSecretKey(secret),
    createdAtMs: Number(createdAt),
    signsFromMs: Number(signsFrom),
    expiresAt: typeof expiresAt === 'bigint' ? Number(expiresAt) : undefined,
  };
}
