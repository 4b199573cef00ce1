import { lambdaBasics } from '../../lib/adapters/aws/lambda-basics.ts';
import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaStateStore } from '../../lib/adapters/aws/lambda-state-store.ts';
import { environmentNames } from '../../lib/core/environment-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createAuthorizeRequest } from './authorize-request.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = createAuthorizeRequest({
  ...lambdaBasics('authorize-request', settings.stage),
  state: lambdaStateStore(['tokens']),
  settings,
});
