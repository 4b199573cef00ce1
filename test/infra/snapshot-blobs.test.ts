import { expect, it } from '@jest/globals';
import { permissions, type Template } from '../../lib/infra/iam-table.ts';
import { templateOf } from './template-of.ts';

/** Chunks of snapshots in S3: `ads.snapshotBlobsFromBytes` in lib/stages.ts. */

interface LifecycleRule {
  readonly Prefix?: string;
  readonly ExpirationInDays?: number;
  readonly NoncurrentVersionExpiration?: unknown;
  readonly ExpiredObjectDeleteMarker?: boolean;
}

it.each(['dev', 'prod'] as const)(
  'in %s, readers read chunks and the projector alone writes them',
  (stage) => {
    const granted = permissions(templateOf(stage).toJSON() as Template)
      .filter(({ resource }) => resource === '${StorageQuarantine.Arn}/snapshots/*')
      .map(({ role, action }) => `${role} ${action}`);
    expect(granted.sort()).toEqual([
      'decideadsRole s3:GetObject',
      'projectadsRole s3:DeleteObject',
      'projectadsRole s3:GetObject',
      'projectadsRole s3:PutObject',
      'queryadsRole s3:GetObject',
      'sweepadsRole s3:GetObject',
    ]);
  },
);

it.each(['dev', 'prod'] as const)(
  'in %s, no chunk expires, and what was removed goes after a day',
  (stage) => {
    const buckets = Object.values(templateOf(stage).findResources('AWS::S3::Bucket'));
    const rules = buckets.flatMap(
      ({ Properties: properties }) =>
        (properties as { readonly LifecycleConfiguration?: { readonly Rules: readonly LifecycleRule[] } })
          .LifecycleConfiguration?.Rules ?? [],
    );
    const held = rules.filter(({ Prefix: prefix = '' }) => 'snapshots/1/ab'.startsWith(prefix));
    expect(held).toEqual([
      {
        ...{ Prefix: 'snapshots/', Status: 'Enabled', ExpiredObjectDeleteMarker: true },
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      },
    ]);
    for (const prefix of ['quarantine/', 'aws/lambda/', 'audit/'])
      expect(rules.find((rule) => rule.Prefix === prefix)?.ExpirationInDays).toBeGreaterThan(1);
  },
);
