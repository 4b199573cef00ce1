import { lambdaQuarantine } from '../../lib/adapters/aws/lambda-bucket.ts';
import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaEventLog } from '../../lib/adapters/aws/lambda-event-log.ts';
import {
  keepTraceShare,
  lambdaBasics,
  lambdaStateStore,
  spannedHandler,
} from '../../lib/adapters/aws/lambda-ports.ts';
import { withControl } from '../../lib/app/control/with-control.ts';
import { requestSpanAttributes } from '../../lib/api/request/request-id.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createOperateQuarantine } from './operate-quarantine.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

export const handler = spannedHandler(
  'call operate-quarantine',
  withControl(
    {
      ...lambdaBasics('operate-quarantine', settings.stage),
      adEvents: lambdaEventLog('ad-events'),
      state: lambdaStateStore(['counters', 'delivery']),
      quarantine: lambdaQuarantine(),
      settings,
    },
    createOperateQuarantine,
    { onSettings: keepTraceShare },
  ),
  requestSpanAttributes,
);
