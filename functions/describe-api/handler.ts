import { lambdaBasics } from '../../lib/adapters/aws/lambda-basics.ts';
import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { environmentNames } from '../../lib/core/environment-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createDescribeApi } from './describe-api.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = createDescribeApi({
  ...lambdaBasics('describe-api', settings.stage),
  settings,
});
