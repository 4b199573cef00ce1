import { lambdaBasics } from '../../lib/adapters/aws/lambda-basics.ts';
import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaQuarantine } from '../../lib/adapters/aws/lambda-quarantine.ts';
import { lambdaStateStore } from '../../lib/adapters/aws/lambda-state-store.ts';
import { environmentNames } from '../../lib/core/environment-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createAggregateIncrements } from './aggregate-increments.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = createAggregateIncrements({
  ...lambdaBasics('aggregate-increments', settings.stage),
  state: lambdaStateStore(['counters']),
  quarantine: lambdaQuarantine(),
  settings,
});
