import { createAdAuditor, type AdAuditorOptions } from './ad-auditor.ts';
import { createAnswerAuditor } from './answer-auditor.ts';
import type { Auditor } from './auditor.ts';
import { createCanaryAuditor } from './canary-auditor.ts';
import { createCounterAuditor } from './counter-auditor.ts';
import { createDeliveryAuditor } from './delivery-auditor.ts';
import { createUsageAuditor } from './usage-auditor.ts';

export interface AuditorsOptions extends AdAuditorOptions {
  /** In a seed without faults a record must be settled within this time, milliseconds. */
  readonly freshWithinMs: number | undefined;
}

export function createAuditors(options: AuditorsOptions): readonly Auditor[] {
  return [
    createCounterAuditor(options),
    createAdAuditor(options),
    createDeliveryAuditor(options),
    createAnswerAuditor(),
    createUsageAuditor(options),
    createCanaryAuditor(),
  ];
}
