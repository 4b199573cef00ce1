import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import {
  lambdaBasics,
  lambdaEventLog,
  lambdaStateStore,
  loggedHandler,
} from '../../lib/adapters/aws/lambda-ports.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createRunCanary } from './run-canary.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = loggedHandler(
  createRunCanary({
    ...lambdaBasics('run-canary', settings.stage),
    state: lambdaStateStore(['counters']),
    increments: lambdaEventLog('increments'),
  }),
);
