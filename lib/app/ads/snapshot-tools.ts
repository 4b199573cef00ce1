import { createHash, hash } from 'node:crypto';
import type { SnapshotTools } from '../../core/ads/snapshot/snapshot-codec.ts';
import { compress, decompress } from '../compression.ts';

export const snapshotTools: SnapshotTools = {
  compress,
  decompress,
  hash: (bytes) => hash('sha256', bytes, 'hex'),
  createChecksum: () => {
    const checksum = createHash('sha256');
    return {
      update: (bytes) => {
        checksum.update(bytes);
      },
      digest: () => checksum.digest('hex'),
    };
  },
};
