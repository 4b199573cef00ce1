import type { Defect } from '../defect.ts';
import { adsDefects } from './ads-defects.ts';
import { archiveDefects } from './archive-defects.ts';
import { auditRestoreDefects } from './audit-restore-defects.ts';
import { awsAdaptersDefects } from './aws-adapters-defects.ts';
import { bulkDefects } from './bulk-defects.ts';
import { canaryDefects } from './canary-defects.ts';
import { catalogReaderDefects } from './catalog-reader-defects.ts';
import { cdkDefects } from './cdk-defects.ts';
import { capDefects } from './cap-defects.ts';
import { choosingDefects } from './choosing-defects.ts';
import { clientDefects } from './client-defects.ts';
import { consoleDefects } from './console-defects.ts';
import { controlDefects } from './control-defects.ts';
import { countingDefects } from './counting-defects.ts';
import { deliverDefects } from './deliver-defects.ts';
import { deliveryDefects } from './delivery-defects.ts';
import { adFieldDefects } from './ad-field-defects.ts';
import { externalIdDefects } from './external-id-defects.ts';
import { goalDefects } from './goal-defects.ts';
import { goalReportDefects } from './goal-report-defects.ts';
import { httpDefects } from './http-defects.ts';
import { idempotencyDefects } from './idempotency-defects.ts';
import { lmdbDefects } from './lmdb-defects.ts';
import { projectionDefects } from './projection-defects.ts';
import { quarantineDefects } from './quarantine-defects.ts';
import { rateDefects } from './rate-defects.ts';
import { runtimeDefects } from './runtime-defects.ts';
import { tokensDefects } from './tokens-defects.ts';
import { trackedDefects } from './tracked-defects.ts';
import { usageDefects } from './usage-defects.ts';
import { warmReleaseDefects } from './warm-release-defects.ts';

/** Defects made from the product's code, most of them without a look at the tests, by the area of the product. */
export const generalDefects: Readonly<Record<string, readonly Defect[]>> = {
  ads: adsDefects,
  archive: archiveDefects,
  'audit-restore': auditRestoreDefects,
  'aws-adapters': awsAdaptersDefects,
  bulk: bulkDefects,
  canary: canaryDefects,
  'catalog-reader': catalogReaderDefects,
  cdk: cdkDefects,
  caps: capDefects,
  choosing: choosingDefects,
  client: clientDefects,
  console: consoleDefects,
  control: controlDefects,
  counting: countingDefects,
  deliver: deliverDefects,
  delivery: deliveryDefects,
  'ad-fields': adFieldDefects,
  'external-ids': externalIdDefects,
  goals: [...goalDefects, ...goalReportDefects],
  http: httpDefects,
  idempotency: idempotencyDefects,
  lmdb: lmdbDefects,
  projection: projectionDefects,
  quarantine: quarantineDefects,
  rate: rateDefects,
  runtime: runtimeDefects,
  tokens: tokensDefects,
  tracked: trackedDefects,
  usage: usageDefects,
  'warm-release': warmReleaseDefects,
};
