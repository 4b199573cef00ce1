import { lambdaBasics } from '../../lib/adapters/aws/lambda-basics.ts';
import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaEventLog } from '../../lib/adapters/aws/lambda-event-log.ts';
import { lambdaStateStore } from '../../lib/adapters/aws/lambda-state-store.ts';
import { environmentNames } from '../../lib/core/environment-names.ts';
import { isStageName } from '../../lib/stages.ts';
import { createExpireAd } from './expire-ad.ts';

const stage = readVariableAs(environmentNames.stage, isStageName);

export const handler = createExpireAd({
  ...lambdaBasics('expire-ad', stage),
  adEvents: lambdaEventLog('ad-events'),
  state: lambdaStateStore(['ads']),
});
