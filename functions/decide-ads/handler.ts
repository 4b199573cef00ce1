import { lambdaBlobs } from '../../lib/adapters/aws/lambda-bucket.ts';
import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import {
  keepTraceShare,
  lambdaBasics,
  lambdaEventLog,
  lambdaStateStore,
  spannedHandler,
} from '../../lib/adapters/aws/lambda-ports.ts';
import { requestSpanAttributes } from '../../lib/api/request/request-id.ts';
import { withControl } from '../../lib/app/control/with-control.ts';
import { withUsage } from '../../lib/app/usage/with-usage.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createDecideAds } from './decide-ads.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

export const handler = spannedHandler(
  'call decide-ads',
  withControl(
    {
      ...lambdaBasics('decide-ads', settings.stage),
      increments: lambdaEventLog('increments'),
      state: lambdaStateStore(['ads', 'counters', 'requests', 'tokens', 'delivery']),
      blobs: lambdaBlobs(),
      settings,
    },
    withUsage(createDecideAds),
    { onSettings: keepTraceShare },
  ),
  requestSpanAttributes,
);
