import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { environmentNames } from '../../core/environment-names.ts';
import type { ExpirySchedule } from '../../ports/expiry-schedule.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { tracedSchedule } from '../traced/traced-ports.ts';
import { clientOptions } from './aws-clients.ts';
import { createEventbridgeExpirySchedule } from './eventbridge-expiry-schedule.ts';
import { readArn, readVariable } from './lambda-environment.ts';
import { lambdaSpans } from './lambda-spans.ts';

/** The schedule group, and the function it invokes, that the environment names. */
export function lambdaExpirySchedule(): ExpirySchedule {
  const plain = createEventbridgeExpirySchedule({
    client: new SchedulerClient(clientOptions()),
    group: readVariable(environmentNames.scheduleGroup),
    targetArn: readArn(environmentNames.scheduleTargetArn),
    roleArn: readArn(environmentNames.scheduleRoleArn),
    deadLetterArn: readArn(environmentNames.scheduleDeadLetterArn),
    clock: systemClock,
    ids: systemIds,
  });
  return tracedSchedule(plain, lambdaSpans);
}
