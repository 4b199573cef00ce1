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
  /** ARN of the queue for invocations given up. */
  readonly deadLetterArn: string;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'random'>;
}

/** A name always stands for the same time and input, so that a repeated create finds itself and a delete nothing. */
const repeatable: AwsCallPolicy = { repeatable: true, deadlineMs: 4000 };

/** Whether a time already past still fires is not documented: every time is at least this far ahead. */
const leadMs = 60_000;

/** After an hour the sweep has long done the work of a schedule that did not get through. */
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

/** Whole seconds are all that the expression takes; rounded up, a schedule never fires before the time. */
function toExpression(atMs: number): string {
  return `at(${formatInstant(Math.ceil(atMs / 1000) * 1000).slice(0, 19)})`;
}

/** Calls; the named refusal is as good as success. */
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
