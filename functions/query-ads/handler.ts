import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaBasics, lambdaStateStore } from '../../lib/adapters/aws/lambda-ports.ts';
import { withUsage } from '../../lib/app/usage/with-usage.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createQueryAds } from './query-ads.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = withUsage(createQueryAds)({
  ...lambdaBasics('query-ads', settings.stage),
  state: lambdaStateStore(['ads', 'counters']),
  settings,
});
