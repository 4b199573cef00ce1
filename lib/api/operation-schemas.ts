import * as z from 'zod';
import { auditSchema, canarySchema } from './audit-schema.ts';
import { freshnessBoundsMs } from '../ports/pipeline-stats.ts';
import { quarantineKeyPattern } from '../ports/quarantine.ts';

export const redrivesPerRequestMax = 20;
export const quarantinedPerPageMax = 50;
export const quarantinedPerPageDefault = 20;

const instantText = z.string().meta({ format: 'date-time' });
const count = z.number().min(0);
const orUnknown = z.number().nullable();

const counts = {
  requests: count,
  refused: count.meta({ description: 'Answered 4xx.' }),
  errors: count.meta({ description: 'Answered 5xx.' }),
  accepted: count.meta({ description: 'Increments written to the log.' }),
  counted: count.meta({ description: 'Increments from the log added to totals.' }),
  added_at_once: count.meta({ description: 'Increments of `mode=sync`, which are not in the log.' }),
  ad_reads: count.meta({ description: 'Calls that read ads.' }),
  counter_reads: count.meta({ description: 'Calls that read counters.' }),
  ad_changes: count.meta({ description: 'Changes of ads that created a version.' }),
};

const changesOf = z.int().min(0);

const lag = {
  records_behind: z.int().min(0),
  oldest_age_ms: orUnknown.meta({ description: 'null: there is no backlog.' }),
};

const shardSchema = z.strictObject({
  shard_id: z.string(),
  ...lag,
  lanes: z.array(z.strictObject({ ...lag, busy: z.boolean() })),
});

const streamSchema = z.strictObject({
  stream: z.enum(['ad-events', 'increments']),
  consumer: z.string(),
  shard_count: orUnknown.meta({ description: 'null: the number of shards changes with the load.' }),
  lanes_per_shard: z.int().min(1),
  records_behind: orUnknown,
  oldest_age_ms: orUnknown,
  log_bytes: orUnknown,
  shards: z.array(shardSchema).nullable().meta({ description: 'null: only the stream as a whole is known.' }),
});

const readersSchema = z.strictObject({
  at_once: orUnknown.meta({
    description: 'The most concurrent calls: at least this many containers are warm.',
  }),
  catalog_version: orUnknown.meta({ description: 'The newest version that a container has loaded.' }),
  stale_served_ms: count.meta({
    description: 'The age of the oldest catalog served while the store failed.',
  }),
  releases: z
    .array(
      z.strictObject({
        version: z.string().meta({ description: 'On AWS the version of `query-ads`.' }),
        share: z.number().min(0).max(1).meta({ description: 'Its part of the calls.' }),
        warm_containers: orUnknown.meta({
          description:
            'How many containers held the catalog before its first call. null: its release did not wait for any.',
        }),
      }),
    )
    .nullable()
    .meta({ description: 'The releases that answer reads of ads. null: not known at the moment.' }),
  containers: z.array(
    z.strictObject({
      name: z.string(),
      catalog_version: z.int().min(0),
      ads: z.int().min(0),
      checked_ago_ms: orUnknown.meta({ description: 'null: it has not yet read an ad.' }),
    }),
  ),
});

export const statsSchema = z
  .strictObject({
    stage: z.string(),
    at: instantText.meta({ description: 'The end of the window of the rates.' }),
    source: z.enum(['process', 'cloudwatch']),
    refresh_seconds: z.number().meta({ description: 'The numbers change no more often than this.' }),
    rates: z
      .strictObject({ window_seconds: z.number(), ...counts })
      .meta({ description: 'Per second, over the window.' }),
    totals: z.strictObject({
      since: instantText,
      ...counts,
      duplicates: count.meta({ description: 'Increments of keyed requests that were already counted.' }),
      quarantined: count.meta({ description: 'Increment records moved to the quarantine.' }),
      redriven: count.meta({ description: 'Quarantined records settled by a redrive.' }),
      in_flight: z.number().meta({
        description:
          'accepted - counted - duplicates - quarantined. Negative: increments logged before `since` were counted after it.',
      }),
    }),
    freshness: z.strictObject({
      window_seconds: z.number(),
      count,
      p50_ms: orUnknown,
      p90_ms: orUnknown,
      p99_ms: orUnknown,
      buckets: z
        .array(z.strictObject({ up_to_ms: orUnknown.meta({ description: 'null: all beyond.' }), count }))
        .length(freshnessBoundsMs.length + 1),
    }),
    streams: z.array(streamSchema),
    readers: readersSchema,
    ads: z.strictObject({
      live: orUnknown,
      live_max: z.int(),
      changes: z
        .strictObject({
          version: z
            .int()
            .min(0)
            .meta({ description: 'The last change that is counted: the sum of the others.' }),
          created: changesOf,
          updated: changesOf,
          deleted: changesOf,
          expired: changesOf,
        })
        .nullable()
        .meta({
          description:
            'All changes of ads since the first, each counted once. An event that took no effect is no change. null: not known at the moment, or not counted by an earlier release.',
        }),
    }),
    audit: auditSchema,
    canary: canarySchema,
  })
  .meta({ id: 'Stats', description: 'null: this runtime does not know the number.' });

const recordId = z.string().meta({ description: '`<stream>/<epoch>/<shard>/<sequence number>`.' });

export const quarantinedSchema = z
  .strictObject({
    id: recordId,
    state: z.enum(['quarantined', 'counted', 'redriven', 'dropped', 'unfinished']).meta({
      description: '`unfinished`: an attempt stored it and did not finish; its consumer still has it.',
    }),
    reason: z.string(),
    bytes: z.int().min(0),
    partition_key: z
      .string()
      .meta({ description: 'For an increment: the counter key, which comes from a caller.' }),
    arrived_at: instantText,
    quarantined_at: instantText,
  })
  .meta({ id: 'Quarantined' });

export const quarantinePageSchema = z
  .strictObject({
    records: z.array(quarantinedSchema),
    unreadable: z.array(z.string()).meta({ description: 'Entries that exist but cannot be read.' }),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'QuarantinePage' });

const idsMessage = `must have 1 to ${redrivesPerRequestMax} entries`;

export const redriveBody = z
  .strictObject(
    {
      ids: z
        .array(
          z
            .string({ error: 'must be text' })
            .regex(quarantineKeyPattern, { error: 'must be the id of a record' }),
          { error: 'must be a list' },
        )
        .min(1, { error: idsMessage })
        .max(redrivesPerRequestMax, { error: idsMessage })
        .meta({ description: 'Records as `GET /api/v1/quarantine` names them.' }),
    },
    { error: 'must be an object' },
  )
  .meta({ id: 'Redrive' });

export const redriveOutcomes = [
  'counted',
  'counted-before',
  'redriven',
  'ended-before',
  'not-quarantined',
  'refused',
  'bytes-missing',
  'log-unavailable',
  'unavailable',
] as const;

export const redrivenSchema = z
  .strictObject({
    results: z.array(
      z.strictObject({
        id: recordId,
        outcome: z.enum(redriveOutcomes).meta({
          description:
            '`ended-before`: the record was settled before. `log-unavailable`, `unavailable`: try again. `redriven`: the ad event is in the log again.',
        }),
        reason: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Redriven' });
