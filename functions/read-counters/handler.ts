import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaBasics, lambdaStateStore } from '../../lib/adapters/aws/lambda-ports.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createReadCounters } from './read-counters.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = createReadCounters({
  ...lambdaBasics('read-counters', settings.stage),
  state: lambdaStateStore(['counters']),
  settings,
});
