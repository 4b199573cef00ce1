import { readFile } from 'node:fs/promises';
import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaBasics, lambdaStateStore, spannedHandler } from '../../lib/adapters/aws/lambda-ports.ts';
import { requestSpanAttributes } from '../../lib/api/request/request-id.ts';
import { createLastAudit } from '../../lib/app/audit/audit-result.ts';
import { createLastCanary } from '../../lib/app/canary/canary-state.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { consoleFile, type ConsolePage } from '../../lib/api/document/console-page.ts';
import { createDescribeApi } from './describe-api.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);

let consolePage: Promise<ConsolePage> | undefined;

async function readConsolePage(): Promise<ConsolePage> {
  return JSON.parse(await readFile(new URL(consoleFile, import.meta.url), 'utf8')) as ConsolePage;
}

const basics = lambdaBasics('describe-api', settings.stage);
// /health answers at once, with or without the results.
const state = lambdaStateStore(['counters'], { requestTimeoutMs: 500, deadlineMs: 800 });

export const handler = spannedHandler(
  'call describe-api',
  createDescribeApi({
    ...basics,
    settings,
    lastAudit: createLastAudit({ ...basics, state }),
    lastCanary: createLastCanary({ ...basics, state }),
    consolePage: () => (consolePage ??= readConsolePage()),
  }),
  requestSpanAttributes,
);
