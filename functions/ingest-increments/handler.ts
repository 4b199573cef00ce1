import { lambdaBasics } from '../../lib/adapters/aws/lambda-basics.ts';
import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaEventLog } from '../../lib/adapters/aws/lambda-event-log.ts';
import { lambdaStateStore } from '../../lib/adapters/aws/lambda-state-store.ts';
import { environmentNames } from '../../lib/core/environment-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createIngestIncrements } from './ingest-increments.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = createIngestIncrements({
  ...lambdaBasics('ingest-increments', settings.stage),
  increments: lambdaEventLog('increments'),
  state: lambdaStateStore(['counters', 'requests']),
  settings,
});
