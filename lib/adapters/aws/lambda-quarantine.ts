import { S3Client } from '@aws-sdk/client-s3';
import { environmentNames, quarantinePrefix } from '../../core/environment-names.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { tracedQuarantine } from '../traced/traced-ports.ts';
import { clientOptions, s3Addressing } from './aws-clients.ts';
import { readVariable } from './lambda-environment.ts';
import { lambdaSpans } from './lambda-spans.ts';
import { createS3Quarantine } from './s3-quarantine.ts';

/** The bucket that the environment names. */
export function lambdaQuarantine(): Quarantine {
  const plain = createS3Quarantine({
    client: new S3Client({ ...clientOptions(), ...s3Addressing() }),
    bucket: readVariable(environmentNames.quarantineBucket),
    prefix: quarantinePrefix,
    clock: systemClock,
    ids: systemIds,
  });
  return tracedQuarantine(plain, lambdaSpans);
}
