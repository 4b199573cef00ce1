import { tokensPerRequestMax } from '../../../lib/core/consistency-token.ts';
import { readTotals } from '../../load/ledger/compare.ts';
import { openClient } from '../../load/workload/open-client.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import { Client } from '../clients/client.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import type { Trial } from '../trial.ts';
import { auditAds } from './audit-ads.ts';
import { auditEvents, untilIdle } from './audit-events.ts';
import { auditFolder } from './audit-folder.ts';

/**
 * Runs at the end of a trial, with a healthy server: pending requests are answered, the pipeline becomes
 * idle, and all reads agree with the ledgers. Then it stops the server and checks that the folder agrees with
 * them too.
 */
export async function audit(trial: Trial, server: ServerProcess): Promise<void> {
  const { ledgers } = trial;
  const { findings } = ledgers;
  await trial.settle(server);
  const url = await server.ready;
  const client = new Client(url, ledgers);
  await untilIdle(client, ledgers);
  await auditCounters(url, ledgers);
  await auditTokens(client, ledgers);
  ledgers.tally.events = await auditEvents(client, ledgers, true);
  const liveIds = await auditAds(client, ledgers);
  client.close();
  const { code, signal } = await server.stop();
  if (code !== 0) findings.add('process', `stopped with ${code ?? signal ?? ''}: ${server.output}`);
  await auditFolder(trial.folder, ledgers, liveIds);
}

const triesMax = 20;

/** Reads every counter that was written to and compares it with its account. */
async function auditCounters(url: URL, { counters }: Ledgers): Promise<void> {
  const { client, close } = openClient({ url }, 1, { triesMax });
  counters.audit(await readTotals(client, counters.keys));
  close();
}

/** Each is waited for: where none is met, these show it. */
const unmetMax = 3;

/** Every token that was kept is met: a read that presents it is answered. */
async function auditTokens(client: Client, { tokens, findings }: Ledgers): Promise<void> {
  const ofAds = tokens.kept.filter(({ key }) => key === undefined);
  const ofCounters = tokens.kept.filter(({ key }) => key !== undefined);
  for (const held of [ofAds, ofCounters]) {
    for (let from = 0; from < held.length; from += tokensPerRequestMax) {
      const some = held.slice(from, from + tokensPerRequestMax);
      const keys = new Set(some.map(({ key }) => key));
      const path = held === ofAds ? '/api/v1/ad?limit=1' : `/api/v1/counters?key=${[...keys].join('&key=')}`;
      const presented = some.map(({ token }) => token).join(', ');
      const answer = await client.read(path, { 'Consistency-Token': presented });
      if (answer === undefined) findings.add('token', `one of these is not met: ${presented}`);
      if (findings.counts.token >= unmetMax) return;
    }
  }
}
