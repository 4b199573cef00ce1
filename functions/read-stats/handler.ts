import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import {
  lambdaBasics,
  lambdaStateStore,
  lambdaStats,
  spannedHandler,
} from '../../lib/adapters/aws/lambda-ports.ts';
import { requestSpanAttributes } from '../../lib/api/request/request-id.ts';
import { releaseKey } from '../../lib/app/state-keys.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createReadStats } from './read-stats.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

const state = lambdaStateStore(['ads', 'counters']);

export const handler = spannedHandler(
  'call read-stats',
  createReadStats({
    ...lambdaBasics('read-stats', settings.stage),
    state,
    stats: lambdaStats(settings, { state, noteOf: releaseKey }),
    settings,
  }),
  requestSpanAttributes,
);
