import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import {
  lambdaBasics,
  lambdaEventLog,
  lambdaQuarantine,
  lambdaStateStore,
} from '../../lib/adapters/aws/lambda-ports.ts';
import { environmentNames } from '../../lib/aws-names.ts';
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
