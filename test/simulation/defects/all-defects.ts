import type { SimulatedDefect } from '../../plant/defect.ts';
import { apiDefects } from './api-defects.ts';
import { countingDefects } from './counting-defects.ts';
import { decidingDefects } from './deciding-defects.ts';
import { deliveryDefects } from './delivery-defects.ts';
import { endedDefects } from './ended-defects.ts';
import { expiryDefects } from './expiry-defects.ts';
import { goalDefects } from './goal-defects.ts';
import { idempotencyDefects } from './idempotency-defects.ts';
import { projectorDefects } from './projector-defects.ts';
import { quarantineDefects } from './quarantine-defects.ts';
import { readerDefects } from './reader-defects.ts';
import { releaseDefects } from './release-defects.ts';
import { snapshotDefects } from './snapshot-defects.ts';
import { writingDefects } from './writing-defects.ts';

/** The defects that the simulator must find, by the area of the product. */
export const simulatedDefects: Readonly<Record<string, readonly SimulatedDefect[]>> = {
  counting: countingDefects,
  writing: writingDefects,
  idempotency: idempotencyDefects,
  quarantine: quarantineDefects,
  projector: projectorDefects,
  snapshot: snapshotDefects,
  reader: readerDefects,
  expiry: expiryDefects,
  ended: endedDefects,
  api: apiDefects,
  delivery: deliveryDefects,
  release: releaseDefects,
  deciding: decidingDefects,
  goals: goalDefects,
};
