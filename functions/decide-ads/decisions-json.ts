import type { RequestAddress } from '../../lib/api/request/api-request.ts';
import type { SignedDecision, SignedDecisions } from '../../lib/app/delivery/decider.ts';
import { formatInstant } from '../../lib/core/instant.ts';

/** The longest answer. Its record with an Idempotency-Key holds it whole (draftBytesMax). */
export const decisionsBytesMax = 256 * 1024;

/** What the members around the ads take at most: ten placements of up to 64 characters. */
const frameBytesMax = 2048;

export interface DecisionsJson {
  readonly body: string;
  /** The tokens of the ads that are in it. */
  readonly tokens: readonly string[];
}

/** The answer, with as many ads as fit into it. `isServed`: the impressions need no report. */
export function decisionsJson(
  { placements, expiresAtMs }: SignedDecisions,
  address: Pick<RequestAddress, 'origin' | 'base'>,
  isServed: boolean,
): DecisionsJson {
  // Where callers know the stage by a name that it does not know itself, addresses begin with the path.
  const base = `${address.origin ?? ''}${address.base}/t`;
  const expiresAt = expiryText(expiresAtMs);
  const tokens: string[] = [];
  let bytes = frameBytesMax;
  let leftOut = 0;
  let rows = '';
  for (const { placement, ads } of placements) {
    // Texts are added to each other, not joined: that copies them, and the sender does once more.
    let fitting = '';
    for (const ad of ads) {
      const decision = decisionJson(ad, { base, expiresAt, isServed });
      const { json } = ad.row;
      const size = Buffer.byteLength(json) + decision.length + 1;
      if (bytes + size > decisionsBytesMax) {
        leftOut += 1;
        continue;
      }
      bytes += size;
      fitting += `${fitting === '' ? '' : ','}${json.slice(0, -1)}${decision}`;
      tokens.push(ad.token);
    }
    rows += `${rows === '' ? '' : ','}{"placement":${JSON.stringify(placement)},"ads":[${fitting}]}`;
  }
  const tail = leftOut > 0 ? `,"left_out":${leftOut}` : '';
  return { body: `{"decisions":[${rows}]${tail}}`, tokens };
}

let lastExpiry = { ms: -1, text: '' };

/** All decisions of an epoch expire together. */
function expiryText(ms: number): string {
  if (lastExpiry.ms !== ms) lastExpiry = { ms, text: formatInstant(ms) };
  return lastExpiry.text;
}

interface Frame {
  readonly base: string;
  readonly expiresAt: string;
  readonly isServed: boolean;
}

/** The end of the ad's JSON, with the decision as its last member, in ASCII. Nothing in it needs an escape. */
function decisionJson({ token, link }: SignedDecision, { base, expiresAt, isServed }: Frame): string {
  const seen = isServed ? '' : `,"impression_url":"${base}/i/${token}"`;
  const clicked =
    link === undefined ? '' : `,"click_url":"${base}/c/${token}?u=${link.encodedUrl}&s=${link.signature}"`;
  return `,"decision":{"token":"${token}","expires_at":"${expiresAt}"${seen}${clicked}}}`;
}
