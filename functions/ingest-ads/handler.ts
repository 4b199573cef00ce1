import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import {
  keepTraceShare,
  lambdaBasics,
  lambdaEventLog,
  lambdaStateStore,
  spannedHandler,
} from '../../lib/adapters/aws/lambda-ports.ts';
import { withControl } from '../../lib/app/control/with-control.ts';
import { withUsage } from '../../lib/app/usage/with-usage.ts';
import { requestSpanAttributes } from '../../lib/api/request/request-id.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createIngestAds } from './ingest-ads.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = spannedHandler(
  'call ingest-ads',
  withControl(
    {
      ...lambdaBasics('ingest-ads', settings.stage),
      adEvents: lambdaEventLog('ad-events'),
      state: lambdaStateStore(['ads', 'counters', 'requests']),
      settings,
    },
    withUsage(createIngestAds),
    { onSettings: keepTraceShare },
  ),
  requestSpanAttributes,
);
