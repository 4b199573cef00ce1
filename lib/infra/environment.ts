import { archiveBucketVariable, environmentNames as names, type EnvironmentName } from '../aws-names.ts';
import {
  changedStage,
  isStageName,
  settingsChanges,
  stageSettings,
  type FunctionName,
  type StageSettings,
} from '../stages.ts';
import type { Expiry } from './expiry.ts';
import type { Storage } from './storage.ts';
import type { Streams } from './streams.ts';

const schedule = [
  names.scheduleGroup,
  names.scheduleTargetArn,
  names.scheduleRoleArn,
  names.scheduleDeadLetterArn,
] as const;

/** The stack adds the one when the function that it names exists, and the other to stages of one's own. */
type Later = typeof names.releasedVersionArn | typeof names.settings;

/** The environment variables of each function: those that its handler reads. */
const needed: Readonly<Record<FunctionName, readonly Exclude<EnvironmentName, Later>[]>> = {
  'ingest-ads': [names.adEventsStream, names.adsTable, names.countersTable, names.requestsTable],
  'ingest-increments': [names.incrementsStream, names.countersTable, names.requestsTable],
  'aggregate-increments': [names.countersTable, names.deliveryTable, names.quarantineBucket],
  'project-ads': [names.adsTable, names.countersTable, names.quarantineBucket, ...schedule],
  'query-ads': [names.adsTable, names.countersTable, names.quarantineBucket],
  'read-counters': [names.countersTable],
  'expire-ad': [names.adEventsStream, names.adsTable],
  'sweep-ads': [
    ...([names.adEventsStream, names.incrementsStream, names.adsTable, names.countersTable] as const),
    ...([names.deliveryTable, names.quarantineBucket] as const),
  ],
  'describe-api': [names.countersTable],
  'authorize-request': [names.tokensTable],
  'read-stats': [names.adsTable, names.countersTable],
  'warm-release': [names.adsTable, names.countersTable],
  'audit-counters': [
    names.incrementsStream,
    names.countersTable,
    names.quarantineBucket,
    archiveBucketVariable,
  ],
  'archive-increments': [names.incrementsStream, archiveBucketVariable],
  'run-canary': [names.incrementsStream, names.countersTable],
  'operate-quarantine': [
    ...([names.adEventsStream, names.countersTable, names.deliveryTable, names.quarantineBucket] as const),
  ],
  'decide-ads': [
    ...([names.incrementsStream, names.adsTable, names.countersTable, names.requestsTable] as const),
    ...([names.tokensTable, names.deliveryTable, names.quarantineBucket] as const),
  ],
  'track-ads': [names.incrementsStream, names.deliveryTable],
};

export interface EnvironmentSources {
  readonly settings: StageSettings;
  readonly storage: Storage;
  readonly streams: Streams;
  readonly expiry: Expiry;
  readonly expireAdArn: string;
}

export function environmentOf(sources: EnvironmentSources): (name: FunctionName) => Record<string, string> {
  const { settings, storage, streams, expiry } = sources;
  const values: Readonly<Record<Exclude<EnvironmentName, Later>, string | undefined>> = {
    [names.stage]: settings.stage,
    [names.adEventsStream]: streams.adEvents.streamName,
    [names.incrementsStream]: streams.increments.streamName,
    [names.adsTable]: storage.ads.tableName,
    [names.countersTable]: storage.counters.tableName,
    [names.requestsTable]: storage.requests.tableName,
    [names.tokensTable]: storage.tokens.tableName,
    [names.deliveryTable]: storage.delivery.tableName,
    [names.scheduleGroup]: expiry.group.scheduleGroupName,
    [names.scheduleTargetArn]: sources.expireAdArn,
    [names.scheduleRoleArn]: expiry.invokeRole.roleArn,
    [names.scheduleDeadLetterArn]: expiry.deadLetters.queueArn,
    [names.quarantineBucket]: storage.quarantine.bucketName,
    [archiveBucketVariable]: storage.archive?.bucketName,
  };
  const own = ownSettings(settings);
  return (name) => {
    const variables: Record<string, string> = {};
    for (const variable of [names.stage, ...needed[name]]) {
      const value = values[variable];
      if (value !== undefined) variables[variable] = value;
    }
    return own === undefined ? variables : { ...variables, [names.settings]: own };
  };
}

/** Lambda allows 4 KB for all variables of a function; the others need at most half. */
const settingsBytesMax = 2000;

/** What a stage of one's own changes, as JSON; undefined for a built-in stage that nobody has changed. */
function ownSettings(settings: StageSettings): string | undefined {
  const { stage } = settings;
  if (isStageName(stage) && settingsChanges(stageSettings(stage), settings) === undefined) return undefined;
  const text = JSON.stringify(settingsChanges(stageSettings(changedStage), settings) ?? {});
  const bytes = Buffer.byteLength(text);
  if (bytes > settingsBytesMax)
    throw new Error(
      `The stage ${stage} changes ${bytes} bytes of the settings of ${changedStage}, and a function's environment has room for ` +
        `${settingsBytesMax}. Change fewer settings; pin hot keys with the command control.`,
    );
  return text;
}
