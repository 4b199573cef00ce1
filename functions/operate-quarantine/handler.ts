import { lambdaBasics } from '../../lib/adapters/aws/lambda-basics.ts';
import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaEventLog } from '../../lib/adapters/aws/lambda-event-log.ts';
import { lambdaQuarantine } from '../../lib/adapters/aws/lambda-quarantine.ts';
import { lambdaStateStore } from '../../lib/adapters/aws/lambda-state-store.ts';
import { environmentNames } from '../../lib/core/environment-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createOperateQuarantine } from './operate-quarantine.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = createOperateQuarantine({
  ...lambdaBasics('operate-quarantine', settings.stage),
  adEvents: lambdaEventLog('ad-events'),
  state: lambdaStateStore(['counters']),
  quarantine: lambdaQuarantine(),
  settings,
});
