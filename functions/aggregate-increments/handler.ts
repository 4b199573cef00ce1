import { lambdaQuarantine } from '../../lib/adapters/aws/lambda-bucket.ts';
import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import {
  keepTraceShare,
  lambdaBasics,
  lambdaStateStore,
  spannedHandler,
} from '../../lib/adapters/aws/lambda-ports.ts';
import { withControl } from '../../lib/app/control/with-control.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createAggregateIncrements } from './aggregate-increments.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

const settle = withControl(
  {
    ...lambdaBasics('aggregate-increments', settings.stage),
    state: lambdaStateStore(['counters', 'delivery']),
    quarantine: lambdaQuarantine(),
    settings,
  },
  createAggregateIncrements,
  { onSettings: keepTraceShare },
);

export const handler = spannedHandler('settle batch', settle);
