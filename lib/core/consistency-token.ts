import { isShardRef, type LogPosition } from './log-position.ts';
import { isSequenceNumber } from './sequence-number.ts';

/**
 * A write returns it and a later read sends it: the log position that must be settled before the read is
 * answered. Plain text, so that it can be read in a log:
 * `a2.<stage>.<epoch>.<shardId>.<sequenceNumber>.<issued s>` for ads; for counters `c2....` with the
 * partition key, percent-encoded, after one more dot. Neither stage nor shard id may hold a dot.
 */
export type ConsistencyToken = {
  /** The stage that made it; absent in tokens of releases before 2026-12. */
  readonly stage?: string;
  readonly position: LogPosition;
  readonly issuedAtMs: number;
} & ({ readonly type: 'ads' } | { readonly type: 'counter'; readonly partitionKey: string });

/** Tokens one request may present, separated by commas. */
export const tokensPerRequestMax = 20;

export function formatToken(token: ConsistencyToken & { readonly stage: string }): string {
  const { epoch, shardId, sequenceNumber } = token.position;
  const tail = `${token.stage}.${epoch}.${shardId}.${sequenceNumber}.${Math.floor(token.issuedAtMs / 1000)}`;
  return token.type === 'ads' ? `a2.${tail}` : `c2.${tail}.${encodeURIComponent(token.partitionKey)}`;
}

/**
 * The forms `a1.` and `c1.` are the same without the stage. Releases before 2026-12 made them. A token
 * requires nothing once it is older than two retentions of its log (14 days by default), so the release after
 * the next can drop these forms.
 */
const pattern = /^([ac])(?:1|2\.([a-z0-9-]{1,32}))\.([^.]+)\.([^.]+)\.(\d+)\.(\d{1,12})(?:\.([!-~]+))?$/;

/** undefined: not a consistency token. */
export function parseToken(text: string): ConsistencyToken | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, kind, stage, epoch = '', shardId = '', sequenceNumber = '', issued = '', encodedKey] = match;
  const position = { epoch, shardId, sequenceNumber };
  if (!isShardRef(position) || !isSequenceNumber(sequenceNumber)) return undefined;
  const base = { ...(stage !== undefined && { stage }), position, issuedAtMs: Number(issued) * 1000 };
  if (kind === 'a') return encodedKey === undefined ? { ...base, type: 'ads' } : undefined;
  if (encodedKey === undefined) return undefined;
  try {
    return { ...base, type: 'counter', partitionKey: decodeURIComponent(encodedKey) };
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
