import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaBasics, lambdaStateStore, loggedHandler } from '../../lib/adapters/aws/lambda-ports.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { readsMax } from '../../lib/app/tokens/authorize.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createAuthorizeRequest } from './authorize-request.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

/**
 * A caller waits, so all reads, each with its second try, must fail before the function's time is out (stages.ts): the
 * gateway then answers 503, and the log tells why.
 */
const answersWithinMs = 4200;
const requestTimeoutMs = 600;

export const handler = loggedHandler(
  createAuthorizeRequest({
    ...lambdaBasics('authorize-request', settings.stage),
    state: lambdaStateStore(['tokens'], { requestTimeoutMs, deadlineMs: answersWithinMs / readsMax }),
    settings,
  }),
);
