import {
  ActionAfterCompletion,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  FlexibleTimeWindowMode,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { formatInstant } from '../../core/instant.ts';
import type { Clock } from '../../ports/clock.ts';
import { ScheduleError, type ExpirySchedule } from '../../ports/expiry-schedule.ts';
import type { Ids } from '../../ports/ids.ts';
import { assertSchedule } from '../records/schedule-limits.ts';
import { AwsCallError, callAws, type AwsCallPolicy } from './aws-call.ts';

export interface EventbridgeExpiryScheduleOptions {
  readonly client: SchedulerClient;
  readonly group: string;
  /** ARN of expire-ad. */
  readonly targetArn: string;
  /** ARN of the role that the Scheduler assumes to invoke it. */
  readonly roleArn: string;
  /** ARN of the dead-letter queue. */
  readonly deadLetterArn: string;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'random'>;
}

const scheduleDeadlineMs = 4000;
/** A name always has the same time and input, so repeated calls are harmless. */
const repeatable: AwsCallPolicy = { repeatable: true, deadlineMs: scheduleDeadlineMs };

/** AWS does not document whether a past time still fires, so every time is at least this far ahead. */
const leadMs = 60_000;

/** After an hour the sweep has already done the work of a failed schedule. */
const retryPolicy = { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 };

/** One-time schedules of EventBridge Scheduler, which fires within a minute of the time. */
export function createEventbridgeExpirySchedule(options: EventbridgeExpiryScheduleOptions): ExpirySchedule {
  const { client, group, clock } = options;
  return {
    async set(schedule) {
      assertSchedule(schedule);
      const command = new CreateScheduleCommand({
        Name: schedule.name,
        GroupName: group,
        ScheduleExpression: toExpression(Math.max(schedule.atMs, clock.nowMs() + leadMs)),
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: FlexibleTimeWindowMode.OFF },
        ActionAfterCompletion: ActionAfterCompletion.DELETE,
        Target: {
          Arn: options.targetArn,
          RoleArn: options.roleArn,
          Input: JSON.stringify(schedule.input),
          RetryPolicy: retryPolicy,
          DeadLetterConfig: { Arn: options.deadLetterArn },
        },
      });
      await callUnless('ConflictException', options, (abortSignal) => client.send(command, { abortSignal }));
    },
    async clear(name) {
      const command = new DeleteScheduleCommand({ Name: name, GroupName: group });
      await callUnless('ResourceNotFoundException', options, (abortSignal) =>
        client.send(command, { abortSignal }),
      );
    },
  };
}

/** The expression takes whole seconds; rounded up, so that a schedule never fires early. */
function toExpression(atMs: number): string {
  return `at(${formatInstant(Math.ceil(atMs / 1000) * 1000).slice(0, 19)})`;
}

/** Calls AWS. The named refusal counts as success. */
async function callUnless(
  fine: 'ConflictException' | 'ResourceNotFoundException',
  deps: EventbridgeExpiryScheduleOptions,
  attempt: (abortSignal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  try {
    await callAws(deps, repeatable, attempt);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const { cause } = error;
    if (cause instanceof Error && cause.name === fine) return;
    throw new ScheduleError(error.message, { cause });
  }
}
