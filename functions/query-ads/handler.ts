import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaBasics, lambdaStateStore, spannedHandler } from '../../lib/adapters/aws/lambda-ports.ts';
import { requestSpanAttributes } from '../../lib/api/request/request-id.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createQueryAds } from './query-ads.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = spannedHandler(
  'call query-ads',
  createQueryAds({
    ...lambdaBasics('query-ads', settings.stage),
    state: lambdaStateStore(['ads']),
    settings,
  }),
  requestSpanAttributes,
);
