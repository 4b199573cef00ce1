import { environmentNames } from '../../aws-names.ts';
import type { BlobStore } from '../../ports/blob-store.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import { traced, tracedBlobs } from '../tracing/traced-ports.ts';
import { readVariable } from './lambda-environment.ts';
import { lambdaSpans } from './lambda-ports.ts';

/** The bucket, with its name from the environment. S3's code is loaded before the first call. */
export function lambdaQuarantine(): Quarantine {
  const bucket = readVariable(environmentNames.quarantineBucket);
  let opened: Quarantine | undefined;
  const open = async (): Promise<Quarantine> => (opened ??= (await bucketPorts()).quarantineIn(bucket));
  return traced.quarantine(
    {
      store: async (record) => (await open()).store(record),
      get: async (id) => (await open()).get(id),
      list: async (page) => (await open()).list(page),
      remove: async (id) => (await open()).remove(id),
    },
    lambdaSpans,
  );
}

/** Chunks of snapshots, in the same bucket. Most containers never need one. */
export function lambdaBlobs(): BlobStore {
  const bucket = readVariable(environmentNames.quarantineBucket);
  let opened: BlobStore | undefined;
  const open = async (): Promise<BlobStore> => (opened ??= (await bucketPorts()).blobsIn(bucket));
  return tracedBlobs(
    {
      put: async (name, bytes) => (await open()).put(name, bytes),
      get: async (name) => (await open()).get(name),
      remove: async (name) => (await open()).remove(name),
    },
    lambdaSpans,
  );
}

/** A chunk of its own in a bundle: S3's client is a sixth of the code, and few containers need it. */
const bucketPorts = () => import('./lambda-bucket-ports.ts');
