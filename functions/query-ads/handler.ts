import { lambdaBasics } from '../../lib/adapters/aws/lambda-basics.ts';
import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaStateStore } from '../../lib/adapters/aws/lambda-state-store.ts';
import { environmentNames } from '../../lib/core/environment-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createQueryAds } from './query-ads.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = createQueryAds({
  ...lambdaBasics('query-ads', settings.stage),
  state: lambdaStateStore(['ads']),
  settings,
});
