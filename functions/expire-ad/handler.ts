import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaEventLog } from '../../lib/adapters/aws/lambda-event-log.ts';
import { lambdaBasics, lambdaStateStore, loggedHandler } from '../../lib/adapters/aws/lambda-ports.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createExpireAd } from './expire-ad.ts';

const { stage } = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

export const handler = loggedHandler(
  createExpireAd({
    ...lambdaBasics('expire-ad', stage),
    adEvents: lambdaEventLog('ad-events'),
    state: lambdaStateStore(['ads']),
  }),
);
