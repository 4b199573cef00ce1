import { lambdaBlobs } from '../../lib/adapters/aws/lambda-bucket.ts';
import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaBasics, lambdaStateStore, spannedHandler } from '../../lib/adapters/aws/lambda-ports.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { requestSpanAttributes } from '../../lib/api/request/request-id.ts';
import { isWarmUpCall } from '../../lib/app/release/warm-up.ts';
import { withUsage } from '../../lib/app/usage/with-usage.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createReleasedQueryAds } from './released-query-ads.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

const queryAds = withUsage(createReleasedQueryAds)({
  ...lambdaBasics('query-ads', settings.stage),
  state: lambdaStateStore(['ads', 'counters']),
  blobs: lambdaBlobs(),
  container: systemIds.nonce(),
  version: process.env['AWS_LAMBDA_FUNCTION_VERSION'] ?? '$LATEST',
  settings,
});

export const handler = spannedHandler('call query-ads', queryAds.handler, (event) =>
  isWarmUpCall(event) ? {} : requestSpanAttributes(event),
);

// Lambda sets it: elsewhere, loading this module calls nothing.
const initialization = process.env['AWS_LAMBDA_INITIALIZATION_TYPE'];
if (initialization !== undefined) await queryAds.prepare(initialization === 'provisioned-concurrency');
