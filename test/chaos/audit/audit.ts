import type { Trial } from '../trial.ts';
import type { ServerProcess } from '../process/server-process.ts';
import { Client } from '../clients/client.ts';
import { auditAds } from './audit-ads.ts';
import { auditCounters } from './audit-counters.ts';
import { auditFolder } from './audit-folder.ts';
import { auditTokens } from './audit-tokens.ts';
import { untilIdle } from './until-idle.ts';

/**
 * At the end of a trial, with a healthy server: whatever is pending is answered, the pipeline comes to rest, and what can
 * be read agrees with the books; then the server is stopped and what is in the folder agrees with them too.
 */
export async function audit(trial: Trial, server: ServerProcess): Promise<void> {
  const { books } = trial;
  await trial.settle(server);
  const client = new Client(await server.ready, books);
  await untilIdle(client, books.findings);
  await auditCounters(client, books);
  await auditTokens(client, books);
  const liveIds = await auditAds(client, books);
  client.close();
  const exit = await server.stop();
  if (exit.code !== 0)
    books.findings.add('process', `stopped with ${exit.code ?? exit.signal ?? ''}: ${server.output}`);
  await auditFolder(trial.folder, books, liveIds);
}
