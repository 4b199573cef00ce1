import { isDeepStrictEqual } from 'node:util';
import { openLmdb } from '../../../lib/adapters/lmdb/open-lmdb.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { externalIdOf, isCounterKey, type Books } from './books.ts';
import type { Reader } from './reader.ts';

/** The limits of one read; the API's are 100 keys and 10,240 characters of address. */
const keysMax = 100;
const encodedLengthMax = 8000;
const messagesMax = 10;

/**
 * What the server shows in the end against what it accepted: every counter named by any request, and every
 * live ad.
 */
export async function compareState(
  books: Books,
  reader: Reader,
  foreignAds: ReadonlyMap<string, unknown>,
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const keys of pages([...books.accounts.keys()].filter(isCounterKey))) {
    const totals = await reader.totals(keys);
    for (const key of keys) {
      const fault = books.totalFault(key, totals.get(key));
      if (fault !== undefined && faults.length < messagesMax) faults.push(fault);
    }
  }
  const shown = await reader.ads();
  const expected = new Map([...foreignAds, ...books.ads]);
  for (const id of new Set([...shown.keys(), ...expected.keys()])) {
    const [is, was] = [shown.get(id), expected.get(id)];
    if (isDeepStrictEqual(is, was) || hasEnded(is ?? was) || faults.length >= messagesMax) continue;
    // Imports create and change ads, in an order that nobody here knows; they remove none.
    const titles = books.imports.get(externalIdOf(is) ?? '');
    if (titles?.has((is as { readonly title: string }).title) === true) continue;
    faults.push(`ad ${id} is ${JSON.stringify(is)}, and by what was accepted ${JSON.stringify(was)}`);
  }
  return faults;
}

function* pages(keys: readonly string[]): Generator<readonly string[], undefined> {
  let page: string[] = [];
  let length = 0;
  for (const key of keys) {
    const added = encodeURIComponent(key).length + 5;
    if (page.length === keysMax || (page.length > 0 && length + added > encodedLengthMax)) {
      yield page;
      [page, length] = [[], 0];
    }
    page.push(key);
    length += added;
  }
  if (page.length > 0) yield page;
  return undefined;
}

function hasEnded(ad: unknown): boolean {
  return Date.parse((ad as { readonly end_at: string }).end_at) < Date.now() + 1000;
}

const pageLimits = { recordsMax: 10_000, bytesMax: 64 * 1024 * 1024 };

/**
 * What no answer shows, in the folder of a stopped server: the log holds nothing that no accepted request had
 * asked for, and nothing was given up.
 */
export async function auditLog(folder: string, books: Books): Promise<readonly string[]> {
  const { streams } = stageSettings('local');
  const stores = openLmdb({
    folder,
    streams: {
      'ad-events': { ...streams['ad-events'], retentionMs: Infinity, consumers: ['project-ads'] },
      increments: { ...streams.increments, retentionMs: Infinity, consumers: ['aggregate-increments'] },
    },
  });
  const faults: string[] = [];
  try {
    const logged = new Map<string, bigint>();
    const seen = new Set<string>();
    for (const { shardId } of await stores.increments.shards()) {
      for (let after: string | undefined; ;) {
        const records = await stores.increments.read(shardId, after, pageLimits);
        for (const { data } of records) {
          const event = JSON.parse(Buffer.from(data).toString()) as {
            type: string;
            id: string;
            key: string;
            value: string;
          };
          // Impressions that decisions were asked to count, and orders about rights, add to no counter of callers.
          if (event.type !== 'Incremented' || seen.has(event.id)) continue;
          seen.add(event.id);
          logged.set(event.key, (logged.get(event.key) ?? 0n) + BigInt(event.value));
        }
        const last = records.at(-1)?.sequenceNumber;
        if (last === undefined) break;
        after = last;
      }
    }
    for (const [key, sum] of logged) {
      // Those of the server itself, which nobody can ask for.
      if (!isCounterKey(key)) continue;
      const { sum: accepted = 0n, open = [] } = books.accounts.get(key) ?? {};
      if (sum > open.reduce((a, b) => a + b, accepted) && faults.length < messagesMax) {
        faults.push(`the log has ${sum} for counter ${JSON.stringify(key)}, accepted were ${accepted}`);
      }
    }
    const { records } = await stores.quarantine.list({ limit: 1 });
    if (records.length > 0) faults.push(`in the quarantine: ${records[0]?.reason ?? ''}`);
  } finally {
    await stores.close();
  }
  return faults;
}
