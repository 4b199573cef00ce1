import { lambdaDeployments, lambdaReleasedVersion } from '../../lib/adapters/aws/lambda-release-ports.ts';
import { readArn, readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaBasics, lambdaStateStore, loggedHandler } from '../../lib/adapters/aws/lambda-ports.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createWarmRelease } from './warm-release.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);
const versionArn = readArn(environmentNames.releasedVersionArn);

export const handler = loggedHandler(
  createWarmRelease({
    ...lambdaBasics('warm-release', settings.stage),
    state: lambdaStateStore(['ads', 'counters']),
    released: lambdaReleasedVersion(versionArn),
    deployments: lambdaDeployments(),
    // The ARN of a function without a version is of what was uploaded last.
    version: versionArn.split(':')[7] ?? '$LATEST',
    settings,
  }),
);
