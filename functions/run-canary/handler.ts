import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaEventLog } from '../../lib/adapters/aws/lambda-event-log.ts';
import { lambdaBasics, lambdaStateStore, loggedHandler } from '../../lib/adapters/aws/lambda-ports.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createRunCanary } from './run-canary.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

export const handler = loggedHandler(
  createRunCanary({
    ...lambdaBasics('run-canary', settings.stage),
    state: lambdaStateStore(['counters']),
    increments: lambdaEventLog('increments'),
  }),
);
