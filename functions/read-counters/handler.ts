import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
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
import { createReadCounters } from './read-counters.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

export const handler = spannedHandler(
  'call read-counters',
  withControl(
    {
      ...lambdaBasics('read-counters', settings.stage),
      state: lambdaStateStore(['counters']),
      settings,
    },
    withUsage(createReadCounters),
    { onSettings: keepTraceShare },
  ),
  requestSpanAttributes,
);
