import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaBasics, lambdaStateStore, loggedHandler } from '../../lib/adapters/aws/lambda-ports.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createAuthorizeRequest } from './authorize-request.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

export const handler = loggedHandler(
  createAuthorizeRequest({
    ...lambdaBasics('authorize-request', settings.stage),
    // A caller waits. It must fail before its time is out (stages.ts): the gateway then answers 503, and it tells
    // why.
    state: lambdaStateStore(['tokens'], { requestTimeoutMs: 1000, deadlineMs: 3500 }),
    settings,
  }),
);
