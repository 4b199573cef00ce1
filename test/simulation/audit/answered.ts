import type { Exchange, HttpAnswer } from './auditor.ts';

/** An exchange that a container answered. */
export interface Answered extends Exchange {
  readonly answer: HttpAnswer;
  readonly containerId: string;
  readonly containerNowMs: number;
}
