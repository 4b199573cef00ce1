import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaEventLog } from '../../lib/adapters/aws/lambda-event-log.ts';
import {
  keepTraceShare,
  lambdaBasics,
  lambdaStateStore,
  spannedHandler,
} from '../../lib/adapters/aws/lambda-ports.ts';
import { withControl } from '../../lib/app/control/with-control.ts';
import { withUsage } from '../../lib/app/usage/with-usage.ts';
import { requestSpanAttributes } from '../../lib/api/request/request-id.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createIngestIncrements } from './ingest-increments.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

export const handler = spannedHandler(
  'call ingest-increments',
  withControl(
    {
      ...lambdaBasics('ingest-increments', settings.stage),
      increments: lambdaEventLog('increments'),
      state: lambdaStateStore(['counters', 'requests']),
      settings,
    },
    withUsage(createIngestIncrements),
    { onSettings: keepTraceShare, hotKeys: true },
  ),
  requestSpanAttributes,
);
