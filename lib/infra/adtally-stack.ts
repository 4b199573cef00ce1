import { Annotations, ArnFormat, CfnOutput, Stack, Tags, type StackProps } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Conditions } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { routes } from '../api/routes.ts';
import {
  archiveBooks,
  archivePrefix,
  auditPrefix,
  environmentNames,
  lambdaName,
  quarantinePrefix,
  snapshotPrefix,
} from '../aws-names.ts';
import { deployedFunctions, type FunctionName, type StageSettings } from '../stages.ts';
import { Alarms } from './alarms.ts';
import { CustomerKey } from './customer-key.ts';
import { StageDashboard } from './dashboard.ts';
import { deliver } from './deliveries.ts';
import { edgeFaultIn } from './edge-region.ts';
import { Edge } from './edge.ts';
import { environmentOf } from './environment.ts';
import { Expiry } from './expiry.ts';
import { acknowledgeFindings } from './nag-acknowledgements.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { Releases } from './releases.ts';
import { PipelineApi } from './rest-api.ts';
import { Storage } from './storage.ts';
import { Streams } from './streams.ts';
import { TableProtection } from './table-protection.ts';

export interface AdtallyStackProps extends StackProps {
  readonly settings: StageSettings;
  /** Bundles a function and returns its folder, which contains `index.mjs`. */
  readonly bundle: (name: FunctionName) => string;
  /** The release in the functions' descriptions; default 'unnamed'. */
  readonly release?: string;
  /** Gradual releases go through whatever their alarms say; default false. */
  readonly ignoreReleaseAlarms?: boolean;
  /** The region of the deployment, for a check; default: it is not known yet. */
  readonly region?: string | undefined;
}

/** One complete stage of the pipeline. */
export class AdtallyStack extends Stack {
  readonly functions: ReadonlyMap<FunctionName, PipelineFunction>;

  constructor(scope: Construct, id: string, props: AdtallyStackProps) {
    super(scope, id, props);
    const { settings } = props;
    Tags.of(this).add('adtally:stage', settings.stage);
    for (const name of Object.keys(settings.cloud.provisionedConcurrency ?? {})) {
      if (!isReleasedGradually(name as FunctionName))
        throw new Error(
          `cloud.provisionedConcurrency of ${settings.stage}: ${name} is not called through the gateway; name a function that is.`,
        );
    }

    const customerKey = CustomerKey.of(this, settings);
    const storage = new Storage(this, settings, customerKey);
    const streams = new Streams(this, settings, customerKey);
    const expiry = new Expiry(this, settings, customerKey);
    const expireAdArn = this.formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: lambdaName(settings.stage, 'expire-ad'),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const environment = environmentOf({ settings, storage, streams, expiry, expireAdArn });
    const releases = settings.cloud.gradualReleases
      ? new Releases(this, settings, props.ignoreReleaseAlarms ?? false)
      : undefined;
    this.functions = new Map(
      deployedFunctions(settings).map((name) => [
        name,
        new PipelineFunction(this, {
          name,
          settings,
          description: `release ${props.release ?? 'unnamed'}`,
          bundle: props.bundle(name),
          environment: environment(name),
          customerKey,
          ...(releases === undefined || !isReleasedGradually(name) ? {} : { releases }),
          // Invoked asynchronously: an event that fails all retries goes to the dead-letter queue, though the
          // sweep repairs it anyway.
          ...(leavesDeadLetters.includes(name) ? { deadLetters: expiry.deadLetters } : {}),
        }),
      ]),
    );

    this.#holdReleases(releases);
    this.#grant(settings, storage, streams);
    if (customerKey !== undefined) this.#grantKey(customerKey, { storage, streams, expiry });
    this.#outliveConsumers(storage);
    const projector = this.#of('project-ads');
    const projecting = deliver(
      streams.adEvents,
      projector,
      settings.deliveries['project-ads'],
      storage.quarantine,
    );
    const aggregating = deliver(
      streams.increments,
      this.#of('aggregate-increments'),
      settings.deliveries['aggregate-increments'],
      storage.quarantine,
    );
    expiry.allowScheduling(projector, this.#of('expire-ad'));
    expiry.sweepWith(this.#of('sweep-ads'));
    expiry.auditWith(this.#of('audit-counters'), settings.audit.everyMinutes);
    this.#archive(settings, storage, streams, expiry);
    const aggregator = this.#of('aggregate-increments');
    expiry.runCanaryWith(this.#of('run-canary'), settings.canary.everyMinutes, aggregator);

    const api = new PipelineApi(this, settings, this.functions, customerKey);
    const edge = settings.cloud.edge && new Edge(this, settings, settings.cloud.edge, api);
    const fault = edgeFaultIn(settings, props.region);
    if (fault !== undefined) Annotations.of(this).addError(fault);
    if (settings.cloud.retainData) {
      const last = api.api.deploymentStage;
      new TableProtection(this, { settings, tables: tablesOf(storage), last, customerKey });
    }
    const names = {
      tables: tableNames(storage),
      deadLetters: expiry.deadLetters.queueName,
      mappings: {
        'project-ads': projecting.eventSourceMappingId,
        'aggregate-increments': aggregating.eventSourceMappingId,
      },
    };
    const { alarms, topic } = new Alarms(this, {
      settings,
      names,
      deadLetters: expiry.deadLetters,
    });
    new StageDashboard(this, settings, names, alarms);
    new CfnOutput(this, 'AlarmTopic', { value: topic.topicArn, description: 'Subscribe to receive alarms' });
    new CfnOutput(this, 'ApiUrl', {
      value: edge?.url ?? api.api.url,
      description: 'The address of the API; see /docs',
    });
    new CfnOutput(this, 'AdEventsStream', { value: streams.adEvents.streamName });
    new CfnOutput(this, 'IncrementsStream', { value: streams.increments.streamName });
    new CfnOutput(this, 'AdsTable', { value: storage.ads.tableName });
    new CfnOutput(this, 'CountersTable', { value: storage.counters.tableName });
    new CfnOutput(this, 'RequestsTable', { value: storage.requests.tableName });
    new CfnOutput(this, 'TokensTable', { value: storage.tokens.tableName });
    new CfnOutput(this, 'UsagePlanId', { value: api.usagePlan.usagePlanId });
    new CfnOutput(this, 'AdEventsDelivery', { value: names.mappings['project-ads'] });
    new CfnOutput(this, 'IncrementsDelivery', { value: names.mappings['aggregate-increments'] });
    new CfnOutput(this, 'QuarantineBucket', { value: storage.quarantine.bucketName });
    if (storage.archive !== undefined)
      new CfnOutput(this, 'ArchiveBucket', { value: storage.archive.bucketName });
    acknowledgeFindings({
      ...{ settings, storage, streams, expiry, api, functions: this.functions },
      ...(releases && { releases }),
      ...(edge && { edge }),
    });
  }

  /** Those that write to a bucket are deleted before it is emptied. */
  #outliveConsumers({ quarantine, archive }: Storage): void {
    for (const name of ['aggregate-increments', 'project-ads', 'audit-counters'] as const) {
      this.#of(name).function.node.addDependency(quarantine);
    }
    if (archive !== undefined) this.#of('archive-increments').function.node.addDependency(archive);
  }

  /** The archiver, and what it and the audit do with its bucket. */
  #archive(settings: StageSettings, { archive }: Storage, { increments }: Streams, expiry: Expiry): void {
    if (archive === undefined) return;
    const archiving = this.#of('archive-increments');
    const parts = archive.arnForObjects(`${archivePrefix('increments')}*`);
    const books = archive.arnForObjects(`${archiveBooks}*`);
    archiving.allow(historyReads, [increments.streamArn]);
    archiving.allow(['s3:PutObject'], [parts]);
    archiving.allow(['s3:GetObject', 's3:PutObject'], [books]);
    // Without the right to list, S3 refuses a read of a book that does not exist yet.
    archiving.allow(['s3:ListBucket'], [archive.bucketArn]);
    const auditing = this.#of('audit-counters');
    auditing.allow(['s3:ListBucket'], [archive.bucketArn]);
    auditing.allow(['s3:GetObject'], [parts, books]);
    expiry.archiveWith(archiving, settings.archive.everyMinutes);
  }

  #of(name: FunctionName): PipelineFunction {
    const found = this.functions.get(name);
    if (found === undefined) throw new Error(`no function ${name}`);
    return found;
  }

  /** A new version of query-ads waits until it is warm. Without gradual releases, only people invoke the hook. */
  #holdReleases(releases: Releases | undefined): void {
    const queryAds = this.#of('query-ads').function;
    const hook = this.#of('warm-release');
    const released = releases === undefined ? queryAds.functionArn : queryAds.currentVersion.functionArn;
    hook.function.addEnvironment(environmentNames.releasedVersionArn, released);
    hook.allow(['lambda:InvokeFunction'], [released]);
    releases?.holdUntil('query-ads', hook);
  }

  /**
   * Permissions to read statistics, to list the quarantine, and for a redrive: add to a counter, claim the
   * event, log an ad event again.
   */
  #grantOperating({ ads, counters, quarantine }: Storage, { adEvents }: Streams): void {
    const reading = this.#of('read-stats');
    reading.allow(['cloudwatch:GetMetricData'], ['*']);
    reading.allow(['lambda:GetAlias'], [this.#of('query-ads').function.functionArn]);
    reading.allow(['dynamodb:GetItem'], [counters.tableArn]);
    // The head, which counts the changes.
    reading.allow(['dynamodb:GetItem'], [ads.tableArn]);
    const operating = this.#of('operate-quarantine');
    operating.allow(['s3:ListBucket'], [quarantine.bucketArn]);
    operating.allow(['s3:GetObject', 's3:DeleteObject'], [quarantine.arnForObjects(`${quarantinePrefix}*`)]);
    operating.allow(['kinesis:PutRecords'], [adEvents.streamArn]);
    const operations = ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'];
    operating.allow(
      operations.map((operation) => `dynamodb:${operation}`),
      [counters.tableArn],
    );
  }

  /** Permissions to read the increments and their counters, to keep the book, and to store the result. */
  #grantAudit({ counters, quarantine }: Storage, { increments }: Streams): void {
    const auditing = this.#of('audit-counters');
    auditing.allow(historyReads, [increments.streamArn]);
    auditing.allow(['dynamodb:BatchGetItem', 'dynamodb:PutItem'], [counters.tableArn]);
    // Without the right to list, S3 refuses a read of a book that does not exist yet.
    auditing.allow(['s3:ListBucket'], [quarantine.bucketArn]);
    auditing.allow(['s3:GetObject', 's3:PutObject'], [quarantine.arnForObjects(`${auditPrefix}*`)]);
  }

  /**
   * The use of the key is granted before anything is encrypted with it. A stream whose key a producer may not
   * use refuses its records.
   */
  #grantKey(
    key: CustomerKey,
    { storage, streams, expiry }: { storage: Storage; streams: Streams; expiry: Expiry },
  ): void {
    const granted = [...this.functions].flatMap(([name, each]) => key.letFunction(each, name, each.role));
    granted.push(key.letSendDeadLetters(expiry.invokeRole, expiry.invokeRole));
    for (const encrypted of [storage, streams, expiry.deadLetters]) encrypted.node.addDependency(...granted);
  }

  /** The permissions of each function. */
  #grant(settings: StageSettings, storage: Storage, streams: Streams): void {
    const may = (name: FunctionName, table: dynamodb.TableV2, ...operations: string[]): void => {
      this.#of(name).allow(
        operations.map((operation) => `dynamodb:${operation}`),
        [table.tableArn],
      );
    };
    const append = ['kinesis:PutRecords'];
    this.#of('ingest-ads').allow(append, [streams.adEvents.streamArn]);
    this.#of('expire-ad').allow(append, [streams.adEvents.streamArn]);
    this.#of('sweep-ads').allow(append, [streams.adEvents.streamArn]);
    this.#of('ingest-increments').allow(append, [streams.increments.streamArn]);

    // BatchGetItem: what became of the ads of an import.
    may('ingest-ads', storage.ads, 'BatchGetItem', 'GetItem');
    // GetItem is for records that the last release stored under a quoted key. UpdateItem is for the leases of a
    // token's rate, which the control item may require in any stage.
    may('ingest-ads', storage.requests, 'GetItem', 'PutItem', 'UpdateItem');
    may('ingest-increments', storage.requests, 'GetItem', 'PutItem', 'UpdateItem');
    // For the control item.
    may('ingest-ads', storage.counters, 'GetItem');
    // Usage of callers, and nothing else of a table that has every total and the control item.
    for (const name of ['ingest-ads', 'query-ads', 'read-counters'] as const) {
      this.#of(name).allow(
        ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
        [storage.counters.tableArn],
        onlyPartitions(usagePartitions),
      );
    }
    // mode=sync adds to the counter, with a claim if the request is keyed, and to the sketches of hot keys. Query is
    // for those, and for the hint of hot keys beside the control item.
    const { topKeysSaveMs, laneRecordsPerSecond } = settings.counters;
    const hotKeys = topKeysSaveMs > 0 || laneRecordsPerSecond > 0 ? ['Query'] : [];
    may('ingest-increments', storage.counters, 'GetItem', 'PutItem', 'UpdateItem', ...hotKeys);
    may(
      'aggregate-increments',
      storage.counters,
      'BatchGetItem',
      'GetItem',
      'Query',
      'PutItem',
      'UpdateItem',
      'DeleteItem',
    );
    may(
      'project-ads',
      storage.ads,
      'GetItem',
      'BatchGetItem',
      'Query',
      'PutItem',
      'UpdateItem',
      'DeleteItem',
    );
    // For skip and attempt items of ad events, and the control item.
    may('project-ads', storage.counters, 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem');
    // BatchGetItem is for the release before this one, which may run beside it: it read several chunks at once.
    may('query-ads', storage.ads, 'GetItem', 'BatchGetItem', 'Query');
    may('sweep-ads', storage.ads, 'GetItem', 'BatchGetItem', 'Query');
    // To log changes of the control item.
    may('sweep-ads', storage.counters, 'GetItem', 'Query', 'UpdateItem');
    may('read-counters', storage.counters, 'BatchGetItem', 'GetItem', 'Query');
    may('authorize-request', storage.tokens, 'GetItem');
    may('warm-release', storage.ads, 'GetItem');
    this.#of('warm-release').allow(
      ['dynamodb:PutItem'],
      [storage.counters.tableArn],
      onlyPartitions([releasePartitions]),
    );
    this.#grantOperating(storage, streams);
    this.#grantAudit(storage, streams);
    this.#of('run-canary').allow(append, [streams.increments.streamArn]);
    this.#of('run-canary').allow(
      ['dynamodb:GetItem'],
      [storage.counters.tableArn],
      onlyPartitions([...canaryPartitions, 'counter#?canary', 'claim#*', 'skip#increments/*']),
    );
    this.#of('run-canary').allow(
      ['dynamodb:PutItem'],
      [storage.counters.tableArn],
      onlyPartitions(canaryPartitions),
    );
    may('describe-api', storage.counters, 'GetItem');
    for (const name of ['aggregate-increments', 'project-ads'] as const) {
      this.#of(name).allow(['s3:PutObject'], [storage.quarantine.arnForObjects(`${quarantinePrefix}*`)]);
    }
    const snapshots = [storage.quarantine.arnForObjects(`${snapshotPrefix}*`)];
    for (const name of ['query-ads', 'sweep-ads'] as const) this.#of(name).allow(['s3:GetObject'], snapshots);
    this.#of('project-ads').allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], snapshots);
  }
}

/**
 * Only items with these partition keys. `*` is any text and `?` any character; a policy cannot hold U+0001. Each
 * action of a transaction is authorized as the operation that it stands for.
 */
function onlyPartitions(patterns: readonly string[]): Conditions {
  return { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...patterns] } };
}

/** A caller's counters, the list of a day's callers, and the claim of a write (lib/app/state-keys.ts). */
const usagePartitions = ['counter#?usage/*', 'usage#*', 'claim#usage-*'];
const releasePartitions = 'release#*';
const canaryPartitions = ['canary'];

/** What reading a log from its beginning takes. */
const historyReads = ['ListShards', 'DescribeStreamSummary', 'GetShardIterator', 'GetRecords'].map(
  (operation) => `kinesis:${operation}`,
);

/** Functions that a timer or a schedule invokes; those of the canary come again within a minute. */
const leavesDeadLetters: readonly FunctionName[] = [
  'expire-ad',
  'sweep-ads',
  'audit-counters',
  'archive-increments',
];

/** Functions whose callers wait for an answer, and the one that lets them in. */
function isReleasedGradually(name: FunctionName): boolean {
  return name === 'authorize-request' || routes.some(({ functionName }) => functionName === name);
}

function tablesOf({ ads, counters, requests, tokens }: Storage) {
  return { ads, counters, requests, tokens };
}

function tableNames(storage: Storage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(tablesOf(storage)).map(([role, { tableName }]) => [role, tableName]),
  );
}
