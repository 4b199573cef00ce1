import { createSystemIds } from '../../lib/adapters/system/system-ids.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { testClock } from '../contracts/clock.ts';
import { testIds } from '../contracts/ids.ts';

testClock('the system', () => systemClock);
testIds('the system', createSystemIds);
