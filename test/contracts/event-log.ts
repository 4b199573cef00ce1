import { afterAll, beforeAll, describe } from '@jest/globals';
import { testAppends } from './event-log/appends.ts';
import { testCheckpoints } from './event-log/checkpoints.ts';
import type { EventLogUnderTest } from './event-log/event-log-under-test.ts';
import { testReads } from './event-log/reads.ts';
import { testReshards } from './event-log/reshards.ts';

export interface EventLogCapabilities {
  /** The reader tells of appends and keeps checkpoints; a log read by event source mappings does neither. */
  readonly delivers: boolean;
  /** The shards of a stream can change: `reshard` is given. */
  readonly reshards: boolean;
  /** Partition keys are counted in UTF-16 code units (kinesis-local): 256 astral characters are too many. */
  readonly countsCodeUnits?: boolean;
}

/** The contract of `EventLog` and `LogReader` (lib/ports), for every adapter; wants at least two shards. */
export function testEventLog(
  name: string,
  open: () => Promise<EventLogUnderTest>,
  capabilities: EventLogCapabilities,
): void {
  describe(`${name} keeps the contract of the event log`, () => {
    let opened: EventLogUnderTest | undefined;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened?.close?.();
    });
    const underTest = (): EventLogUnderTest => {
      if (opened === undefined) throw new Error('the log did not open');
      return opened;
    };

    testAppends(underTest, capabilities.countsCodeUnits === true ? 128 : 256);
    testReads(underTest);
    if (capabilities.delivers) testCheckpoints(underTest);
    if (capabilities.reshards) testReshards(underTest);
  });
}
