import { lambdaBlobs, lambdaQuarantine } from '../../lib/adapters/aws/lambda-bucket.ts';
import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import {
  keepTraceShare,
  lambdaBasics,
  lambdaExpirySchedule,
  lambdaStateStore,
  spannedHandler,
} from '../../lib/adapters/aws/lambda-ports.ts';
import { withControl } from '../../lib/app/control/with-control.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createProjectAds } from './project-ads.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

const settle = withControl(
  {
    ...lambdaBasics('project-ads', settings.stage),
    state: lambdaStateStore(['ads', 'counters']),
    blobs: lambdaBlobs(),
    schedule: lambdaExpirySchedule(),
    quarantine: lambdaQuarantine(),
    settings,
  },
  createProjectAds,
  { onSettings: keepTraceShare },
);

export const handler = spannedHandler('settle batch', settle);
