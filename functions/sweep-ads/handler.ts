import { lambdaBlobs } from '../../lib/adapters/aws/lambda-bucket.ts';
import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaEventLog } from '../../lib/adapters/aws/lambda-event-log.ts';
import { lambdaBasics, lambdaStateStore, loggedHandler } from '../../lib/adapters/aws/lambda-ports.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createSweepAds } from './sweep-ads.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

export const handler = loggedHandler(
  createSweepAds({
    ...lambdaBasics('sweep-ads', settings.stage),
    adEvents: lambdaEventLog('ad-events'),
    increments: lambdaEventLog('increments'),
    state: lambdaStateStore(['ads', 'counters', 'delivery']),
    blobs: lambdaBlobs(),
    settings,
  }),
);
