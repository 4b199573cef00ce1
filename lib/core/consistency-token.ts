import { isShardRef, type LogPosition } from './log-position.ts';
import { isSequenceNumber } from './sequence-number.ts';

/**
 * What an accepted write hands out and a read presents: the position that must have been settled. Plain text, so that
 * it can be read in a log: `a1.<epoch>.<shardId>.<sequenceNumber>.<issued s>` for ads; for counters `c1....` with the
 * partition key, percent-encoded, behind one more dot. The shard id may hold no dot.
 */
export type ConsistencyToken =
  | { readonly type: 'ads'; readonly position: LogPosition; readonly issuedAtMs: number }
  | {
      readonly type: 'counter';
      readonly position: LogPosition;
      readonly issuedAtMs: number;
      readonly partitionKey: string;
    };

/** Tokens one request may present, separated by commas. */
export const tokensPerRequestMax = 20;

export function formatToken(token: ConsistencyToken): string {
  const { epoch, shardId, sequenceNumber } = token.position;
  const tail = `${epoch}.${shardId}.${sequenceNumber}.${Math.floor(token.issuedAtMs / 1000)}`;
  return token.type === 'ads' ? `a1.${tail}` : `c1.${tail}.${encodeURIComponent(token.partitionKey)}`;
}

/** undefined: not a token of ours. */
export function parseToken(text: string): ConsistencyToken | undefined {
  const match = /^([ac])1\.([^.]+)\.([^.]+)\.(\d+)\.(\d{1,12})(?:\.([!-~]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, kind, epoch = '', shardId = '', sequenceNumber = '', issued = '', encodedKey] = match;
  const position = { epoch, shardId, sequenceNumber };
  if (!isShardRef(position) || !isSequenceNumber(sequenceNumber)) return undefined;
  const issuedAtMs = Number(issued) * 1000;
  if (kind === 'a') return encodedKey === undefined ? { type: 'ads', position, issuedAtMs } : undefined;
  if (encodedKey === undefined) return undefined;
  try {
    return { type: 'counter', position, issuedAtMs, partitionKey: decodeURIComponent(encodedKey) };
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
