import { readVariableAs } from '../../lib/adapters/aws/lambda-environment.ts';
import {
  lambdaBasics,
  lambdaStateStore,
  lambdaStats,
  spannedHandler,
} from '../../lib/adapters/aws/lambda-ports.ts';
import { requestSpanAttributes } from '../../lib/api/request/request-id.ts';
import { releaseKey } from '../../lib/app/state-keys.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { isStageName, stageSettings } from '../../lib/stages.ts';
import { createReadStats } from './read-stats.ts';

const settings = stageSettings(readVariableAs(environmentNames.stage, isStageName));

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
