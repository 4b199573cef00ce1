import { apiDefects } from './api-defects.ts';
import { countingDefects } from './counting-defects.ts';
import { deliveryDefects } from './delivery-defects.ts';
import type { Defect } from './defect.ts';
import { expiryDefects } from './expiry-defects.ts';
import { idempotencyDefects } from './idempotency-defects.ts';
import { projectorDefects } from './projector-defects.ts';
import { quarantineDefects } from './quarantine-defects.ts';
import { readerDefects } from './reader-defects.ts';
import { releaseDefects } from './release-defects.ts';
import { snapshotDefects } from './snapshot-defects.ts';
import { writingDefects } from './writing-defects.ts';

/** Every planted defect, room by room. */
export const defects: readonly Defect[] = [
  ...countingDefects,
  ...writingDefects,
  ...idempotencyDefects,
  ...quarantineDefects,
  ...projectorDefects,
  ...snapshotDefects,
  ...readerDefects,
  ...expiryDefects,
  ...apiDefects,
  ...deliveryDefects,
  ...releaseDefects,
];
