import {
  lambdaArchiveBook,
  lambdaIncrementsArchive,
  lambdaIncrementsHistory,
} from '../../lib/adapters/aws/lambda-audit-ports.ts';
import { readVariable } from '../../lib/adapters/aws/lambda-environment.ts';
import { lambdaBasics, loggedHandler } from '../../lib/adapters/aws/lambda-ports.ts';
import { environmentNames } from '../../lib/aws-names.ts';
import { deployedSettings } from '../../lib/stages.ts';
import { createArchiveIncrements } from './archive-increments.ts';

const settings = deployedSettings(
  readVariable(environmentNames.stage),
  process.env[environmentNames.settings],
);
const history = lambdaIncrementsHistory();

export const handler = loggedHandler(
  createArchiveIncrements({
    ...lambdaBasics('archive-increments', settings.stage),
    history,
    archive: lambdaIncrementsArchive(history.epoch),
    book: lambdaArchiveBook(history.epoch),
    settings,
  }),
);
