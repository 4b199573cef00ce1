import {
  lambdaArchiveBook,
  lambdaIncrementsArchive,
  lambdaIncrementsHistory,
  lambdaStoredBook,
} from '../../lib/adapters/aws/lambda-audit-ports.ts';
import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaBasics, lambdaStateStore, loggedHandler } from '../../lib/adapters/aws/lambda-ports.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { createArchivedHistory } from '../../lib/app/archive/archived-history.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createAuditCounters } from './audit-counters.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);
const log = lambdaIncrementsHistory();
const history =
  settings.archive.everyMinutes === 0
    ? log
    : createArchivedHistory({
        log,
        archive: lambdaIncrementsArchive(log.epoch),
        book: lambdaArchiveBook(log.epoch),
        clock: systemClock,
        retentionMs: settings.streams.increments.retentionHours * 3_600_000,
      });

export const handler = loggedHandler(
  createAuditCounters({
    ...lambdaBasics('audit-counters', settings.stage),
    state: lambdaStateStore(['counters']),
    history,
    book: lambdaStoredBook(history.epoch),
    // See scheduledAuditLimits. The table is on demand, and nobody else waits for this container.
    pauses: { logMs: 500, stateMs: 0 },
    settings,
  }),
);
