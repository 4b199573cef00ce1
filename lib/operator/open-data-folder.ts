import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { dataFile } from '../adapters/lmdb/data-file.ts';
import { joinFolder } from '../adapters/lmdb/join-folder.ts';
import { openLmdb, type OpenLmdbOptions } from '../adapters/lmdb/open-lmdb.ts';
import { resetLedgers } from '../app/delivery/operate-goals.ts';
import type { Ports } from '../app/ports.ts';
import type { StreamName } from '../core/streams.ts';
import { noUsageKeys } from '../ports/usage-keys.ts';
import type { OpenedStores } from './operator-stage.ts';

type FolderPorts = Pick<Ports, 'settings' | 'clock' | 'telemetry'>;

/**
 * Opens a data folder, whether `npm start` runs on it or not. It does not reshard or trim. The running
 * process sees its writes within a second. Rejects with an Error whose message is for the operator.
 */
export async function openDataFolder(
  { settings, clock, telemetry }: FolderPorts,
  folder: string,
): Promise<OpenedStores> {
  if (!existsSync(dataFile(folder)))
    throw new Error(
      `${folder} is not a data folder; name one with --data, or create it with the command start`,
    );
  const stored = (stream: StreamName): OpenLmdbOptions['streams'][StreamName] => ({
    epoch: settings.streams[stream].epoch,
    shardCount: 'as-stored',
    retentionMs: settings.streams[stream].retentionHours * 3_600_000,
    trims: false,
  });
  const streams = { 'ad-events': stored('ad-events'), increments: stored('increments') };
  const { state, quarantine, adEvents, increments, backup, close } = await joinFolder(folder, clock, () =>
    openLmdb({ folder, streams, clock }),
  );
  return {
    ...{ state, quarantine, adEvents, increments, close },
    backup: async (to) => {
      await backup(to);
      try {
        await resetLedgersOf(to, { settings, clock, telemetry });
      } catch (error) {
        // With its ledgers, a copy that looks complete would pass goals.
        rmSync(dataFile(to));
        throw error;
      }
    },
    histories: { adEvents, increments },
    failureFiles: undefined,
    usageKeys: noUsageKeys,
    auditFile: join(folder, 'audit.ndjson'),
    tables: undefined,
  };
}

/** The folder that was copied goes on giving rights, of which the copy knows nothing. */
async function resetLedgersOf(copy: string, ports: FolderPorts): Promise<void> {
  const { state, close } = await openDataFolder(ports, copy);
  try {
    await resetLedgers({ state, telemetry: ports.telemetry });
  } finally {
    await close();
  }
}

/** Creates a data folder as `npm start` does. An existing one stays unchanged. */
export async function createDataFolder(
  { settings, clock }: Pick<Ports, 'settings' | 'clock'>,
  folder: string,
): Promise<void> {
  if (existsSync(dataFile(folder))) return;
  const fresh = (stream: StreamName): OpenLmdbOptions['streams'][StreamName] => ({
    epoch: settings.streams[stream].epoch,
    shardCount: settings.streams[stream].shardCount,
    retentionMs: settings.streams[stream].retentionHours * 3_600_000,
  });
  const streams = { 'ad-events': fresh('ad-events'), increments: fresh('increments') };
  const stores = await joinFolder(folder, clock, () => openLmdb({ folder, streams, clock }));
  await stores.close();
}
