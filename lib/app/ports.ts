import type { BlobStore } from '../ports/blob-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { ExpirySchedule } from '../ports/expiry-schedule.ts';
import type { Ids } from '../ports/ids.ts';
import type { Quarantine } from '../ports/quarantine.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { StageSettings } from '../stages.ts';

/** Every port that a function may need; each function declares its own: `Pick<Ports, 'state' | 'clock'>`. */
export interface Ports {
  readonly adEvents: EventLog;
  readonly increments: EventLog;
  readonly state: StateStore;
  /** Absent: snapshots are kept in the state store alone. */
  readonly blobs?: BlobStore;
  readonly schedule: ExpirySchedule;
  readonly quarantine: Quarantine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
  readonly settings: StageSettings;
}
