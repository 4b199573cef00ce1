import type { CallResult } from '../workload/send-calls.ts';

export function rate({ sent, durationMs }: CallResult): number {
  return Math.round((sent / durationMs) * 1000);
}
