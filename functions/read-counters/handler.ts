import { lambdaBasics } from '../../lib/adapters/aws/lambda-basics.ts';
import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaStateStore } from '../../lib/adapters/aws/lambda-state-store.ts';
import { environmentNames } from '../../lib/core/environment-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createReadCounters } from './read-counters.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = createReadCounters({
  ...lambdaBasics('read-counters', settings.stage),
  state: lambdaStateStore(['counters']),
  settings,
});
