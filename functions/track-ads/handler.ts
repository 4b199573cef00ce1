import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaEventLog } from '../../lib/adapters/aws/lambda-event-log.ts';
import { lambdaBasics, lambdaStateStore, spannedHandler } from '../../lib/adapters/aws/lambda-ports.ts';
import { requestSpanAttributes } from '../../lib/api/request/request-id.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createTrackAds } from './track-ads.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

export const handler = spannedHandler(
  'call track-ads',
  createTrackAds({
    ...lambdaBasics('track-ads', settings.stage),
    increments: lambdaEventLog('increments'),
    state: lambdaStateStore(['delivery']),
    settings,
  }),
  requestSpanAttributes,
);
