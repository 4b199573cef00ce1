import { lambdaBasics } from '../../lib/adapters/aws/lambda-basics.ts';
import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaExpirySchedule } from '../../lib/adapters/aws/lambda-expiry-schedule.ts';
import { lambdaQuarantine } from '../../lib/adapters/aws/lambda-quarantine.ts';
import { spannedHandler } from '../../lib/adapters/aws/lambda-spans.ts';
import { lambdaStateStore } from '../../lib/adapters/aws/lambda-state-store.ts';
import { environmentNames } from '../../lib/core/environment-names.ts';
import { spanNames } from '../../lib/core/span-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createProjectAds } from './project-ads.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

const settle = createProjectAds({
  ...lambdaBasics('project-ads', settings.stage),
  state: lambdaStateStore(['ads', 'counters']),
  schedule: lambdaExpirySchedule(),
  quarantine: lambdaQuarantine(),
  settings,
});

export const handler = spannedHandler(spanNames.settleBatch, settle);
