import { testEventLog } from '../contracts/event-log.ts';
import { testExpirySchedule } from '../contracts/expiry-schedule.ts';
import { testQuarantine } from '../contracts/quarantine.ts';
import { testStateStore } from '../contracts/state-store.ts';
import { openFresh } from './lmdb-folder.ts';

testEventLog(
  'LMDB',
  () => {
    const { increments, close } = openFresh();
    return Promise.resolve({ log: increments, reader: increments, close });
  },
  // Its shards change when the stage's number of shards does, at the next start: lmdb-log.test.ts.
  { delivers: true, reshards: false },
);
testStateStore('LMDB', () => {
  const { state, close } = openFresh();
  return Promise.resolve({ store: state, close });
});
testExpirySchedule(
  'LMDB',
  () => {
    const { schedule, close } = openFresh();
    const find = async (name: string) =>
      (await schedule.due(Number.MAX_SAFE_INTEGER - 1, 1000)).find((each) => each.name === name);
    return Promise.resolve({ schedule, reader: schedule, find, close });
  },
  { fires: true },
);
testQuarantine('LMDB', () => {
  const { quarantine, close } = openFresh();
  return Promise.resolve({ quarantine, close });
});
