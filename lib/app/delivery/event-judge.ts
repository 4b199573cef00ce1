import { andThen, type SoonOrNow } from '../../core/and-then.ts';
import type { DeliveryKind } from '../../core/delivery/delivery-key.ts';
import { countsUntilMs, epochStartMs } from '../../core/delivery/epoch.ts';
import type { Ports } from '../ports.ts';
import { isLinkSigned, isSigned, readToken, trackedId, type ReadToken } from './decision-signature.ts';
import type { SigningKey, SigningKeys } from './signing-keys.ts';
import type { TrackedEvent } from './track-writer.ts';

/** What a container that signs may lag behind a rotation, with skewed clocks, milliseconds. */
const signsLateMsMax = 15 * 60_000;

/**
 * `good`: it may count. `expired`: its decision is too old. `gone`: its key has been deleted, so nobody can say.
 * `invalid`: nobody here signed it. `unsure`: its key may be new; ask again.
 */
export type Verdict =
  | { readonly status: 'good'; readonly event: TrackedEvent }
  | { readonly status: 'expired' | 'gone' | 'invalid' | 'unsure' };

const invalid: Verdict = { status: 'invalid' };

/** Reject with a StateStoreError if no key could ever be read. */
export interface EventJudge {
  readonly event: (token: string, kind: DeliveryKind) => Verdict | Promise<Verdict>;
  /** A click with the address that it leads to, and the signature of its ad and the address. */
  readonly link: (token: string, url: string, signature: string) => Verdict | Promise<Verdict>;
}

/** Decides whether a token may be counted, without reading anything but keys. */
export function createEventJudge(
  { clock, settings }: Pick<Ports, 'clock' | 'settings'>,
  keys: Pick<SigningKeys, 'find'>,
): EventJudge {
  const { impressionMinutes } = settings.delivery;

  const withKey = (token: ReadToken, key: SigningKey, kind: DeliveryKind): Verdict => {
    const { ad, generation, epoch } = token.decision;
    // Otherwise a key that leaked would sign for as long as it verifies.
    if (epochStartMs(epoch) > key.signsUntilMs + signsLateMsMax) return invalid;
    const nowMs = clock.nowMs();
    if (nowMs >= countsUntilMs(kind, epoch, impressionMinutes)) return { status: 'expired' };
    return {
      status: 'good',
      event: { id: trackedId(token, kind), ad, kind, at: nowMs, generation, epoch },
    };
  };
  const judge = (
    text: string,
    kind: DeliveryKind,
    isRight: (key: SigningKey, token: ReadToken) => boolean,
  ): SoonOrNow<Verdict> => {
    const token = readToken(text);
    if (token === undefined) return invalid;
    const decide = (key: SigningKey | Exclude<ReturnType<SigningKeys['find']>, object>): Verdict => {
      if (key === 'never') return invalid;
      if (key === 'unsure') return { status: 'unsure' };
      if (key === 'retired') return { status: 'gone' };
      return isRight(key, token) ? withKey(token, key, kind) : invalid;
    };
    return andThen(keys.find(token.decision.keyId), decide);
  };

  return {
    event: (text, kind) => judge(text, kind, isSigned),
    link: (text, url, signature) =>
      judge(text, 'click', (key, token) => isLinkSigned(key, token, url, signature)),
  };
}
