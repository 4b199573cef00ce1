import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
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
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createReadCounters } from './read-counters.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

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
