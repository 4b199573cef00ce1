import type { EventLog } from '../../../lib/ports/event-log.ts';
import type { LogReader } from '../../../lib/ports/log-reader.ts';

export interface EventLogUnderTest {
  readonly log: EventLog;
  /** The read end of the same stream; an adapter without one brings a reader made for the test. */
  readonly reader: LogReader;
  /** Splits the shard in two, or merges the two; resolves once the children take records. */
  readonly reshard?: (shardIds: readonly string[]) => Promise<void>;
  close?(): Promise<void>;
}
