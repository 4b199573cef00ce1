import { expect, it } from '@jest/globals';
import type { ServedCall } from './auditor.ts';
import { createUsageAuditor } from './usage-auditor.ts';

const minuteMs = 60_000;
const ok = { status: 200, body: '', isReplay: false };
const call = (id: number, atMs: number, answer?: ServedCall['answer']): ServedCall => ({
  ...{ id, atMs, answer, containerId: 'decide-ads-1', functionName: 'decide-ads', principal: 'ann' },
  ...{ target: '/api/v1/decisions', body: '{}' },
});

it('usage waits for no call that is answered alone, and of two at once for the one that writes it', () => {
  const auditor = createUsageAuditor({ freshWithinMs: 10_000 });
  auditor.served?.(call(1, 0));
  auditor.served?.(call(1, 5, ok));
  auditor.served?.(call(2, minuteMs));
  auditor.served?.(call(3, minuteMs + 1));
  auditor.served?.(call(2, minuteMs + 2, ok));
  expect(() => {
    auditor.served?.(call(3, minuteMs + 3, ok));
  }).toThrow('G17: a call waits too long for its usage');
});
