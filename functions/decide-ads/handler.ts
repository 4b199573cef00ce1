import { lambdaBlobs } from '../../lib/adapters/aws/lambda-bucket.ts';
import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import {
  keepTraceShare,
  lambdaBasics,
  lambdaStateStore,
  spannedHandler,
} from '../../lib/adapters/aws/lambda-ports.ts';
import { lambdaSeldomLog } from '../../lib/adapters/aws/lambda-seldom-log.ts';
import { requestSpanAttributes } from '../../lib/api/request/request-id.ts';
import { createCatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import { withControl } from '../../lib/app/control/with-control.ts';
import { loadAhead } from '../../lib/app/release/load-ahead.ts';
import { withUsage } from '../../lib/app/usage/with-usage.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createDecideAds } from './decide-ads.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

const deps = {
  ...lambdaBasics('decide-ads', settings.stage),
  increments: lambdaSeldomLog('increments'),
  state: lambdaStateStore(['ads', 'counters', 'requests', 'tokens', 'delivery']),
  blobs: lambdaBlobs(),
  settings,
};
const catalogs = createCatalogReader(deps);

export const handler = spannedHandler(
  'call decide-ads',
  withControl({ ...deps, catalogs }, withUsage(createDecideAds), { onSettings: keepTraceShare }),
  requestSpanAttributes,
);

// Lambda sets it: elsewhere, loading this module calls nothing.
const initialization = process.env['AWS_LAMBDA_INITIALIZATION_TYPE'];
if (initialization !== undefined && settings.delivery.accepts) {
  await loadAhead(
    { ...deps, catalogs },
    {
      provisioned: initialization === 'provisioned-concurrency',
      use: (catalog) => {
        catalog.prepareTickets();
      },
    },
  );
}
