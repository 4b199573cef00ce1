import { Annotations, ArnFormat, Stack, Tags, Token } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Conditions } from 'aws-cdk-lib/aws-iam';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { routes } from '../api/routes.ts';
import {
  archiveBooks,
  archivePrefix,
  auditPrefix,
  callerVariables,
  environmentNames,
  lambdaName,
  quarantinePrefix,
  snapshotPrefix,
} from '../aws-names.ts';
import { deployedFunctions, type FunctionName, type StageSettings, type TableName } from '../stages.ts';
import { Alarms } from './alarms.ts';
import { CustomerKey } from './customer-key.ts';
import { StageDashboard } from './dashboard.ts';
import { deliver } from './deliveries.ts';
import { edgeFaultIn } from './edge-region.ts';
import { Edge } from './edge.ts';
import { environmentOf } from './environment.ts';
import { Expiry } from './expiry.ts';
import { acknowledgeFindings } from './nag-acknowledgements.ts';
import { outputsOf } from './outputs.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { Releases } from './releases.ts';
import { PipelineApi } from './rest-api.ts';
import { Storage } from './storage.ts';
import { Streams } from './streams.ts';
import { TableProtection } from './table-protection.ts';

export interface PipelineProps {
  readonly settings: StageSettings;
  /** Bundles a function and returns its folder, which contains `index.mjs`. */
  readonly bundle: (name: FunctionName) => string;
  /** The release in the functions' descriptions; default 'unnamed'. */
  readonly release?: string;
  /** Gradual releases go through whatever their alarms say; default false. */
  readonly ignoreReleaseAlarms?: boolean;
  /** The region of the deployment, for a check; default: that of the stack, if it has one. */
  readonly region?: string | undefined;
}

/** One complete stage, in a stack of its own or in one with other resources. */
export class Pipeline extends Construct {
  readonly settings: StageSettings;
  /** The address of the API, or of CloudFront before it. It ends with a slash. */
  readonly url: string;
  readonly api: apigateway.RestApi;
  /** The usage plan that limits the rate of each token. */
  readonly usagePlan: apigateway.UsagePlan;
  /** CloudFront before the API; undefined: the stage has none (`cloud.edge`). */
  readonly distribution: cloudfront.Distribution | undefined;
  readonly functions: ReadonlyMap<FunctionName, PipelineFunction>;
  /**
   * The log of changes of ads. Readers need `grantRead`; each reader of a provisioned stream takes its share of 2 MB a
   * second. Write through the API alone: a record that adtally cannot read goes to the quarantine.
   */
  readonly adEventsStream: kinesis.Stream;
  /** The log of increments; as `adEventsStream`. */
  readonly incrementsStream: kinesis.Stream;
  /** Read what you like; what others write is not counted exactly once. */
  readonly tables: Readonly<Record<TableName, dynamodb.TableV2>>;
  readonly quarantineBucket: s3.Bucket;
  /** Undefined: the stage has no archive (`archive.everyMinutes`). */
  readonly archiveBucket: s3.Bucket | undefined;
  /** Timed invocations that failed. */
  readonly deadLetters: sqs.Queue;
  /** The key of the stage's own that encrypts what it writes; undefined: it has none (`cloud.customerKey`). */
  readonly encryptionKey: kms.Key | undefined;
  /** Gets a message when an alarm begins and when it ends. Nobody is subscribed. */
  readonly alarmTopic: sns.Topic;
  readonly alarms: readonly cloudwatch.IAlarm[];
  readonly dashboard: cloudwatch.Dashboard;

  constructor(scope: Construct, id: string, props: PipelineProps) {
    super(scope, id);
    const { settings } = props;
    this.settings = settings;
    refuseNamesakes(this);
    Tags.of(this).add('adtally:stage', settings.stage);
    for (const name of Object.keys(settings.cloud.provisionedConcurrency ?? {})) {
      if (!isReleasedGradually(name as FunctionName))
        throw new Error(
          `cloud.provisionedConcurrency of ${settings.stage}: ${name} is not called through the gateway; name a function that is.`,
        );
    }

    const customerKey = CustomerKey.of(this, settings);
    this.encryptionKey = customerKey?.encrypting;
    const storage = new Storage(this, settings, customerKey);
    this.tables = tablesOf(storage);
    this.quarantineBucket = storage.quarantine;
    this.archiveBucket = storage.archive;
    const streams = new Streams(this, settings, customerKey);
    this.adEventsStream = streams.adEvents;
    this.incrementsStream = streams.increments;
    const expiry = new Expiry(this, settings, customerKey);
    this.deadLetters = expiry.deadLetters;
    const expireAdArn = Stack.of(this).formatArn({
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
    this.api = api.api;
    this.usagePlan = api.usagePlan;
    this.distribution = edge?.distribution;
    this.url = edge?.url ?? api.api.url;
    const fault = edgeFaultIn(settings, props.region ?? knownRegion(this));
    if (fault !== undefined) Annotations.of(this).addError(fault);
    if (settings.cloud.retainData) {
      const last = api.api.deploymentStage;
      new TableProtection(this, { settings, tables: this.tables, last, customerKey });
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
    this.alarms = alarms;
    this.alarmTopic = topic;
    this.dashboard = new StageDashboard(this, settings, names, alarms).dashboard;
    const output = outputsOf(this, settings.stage);
    output('AlarmTopic', topic.topicArn, 'Subscribe to receive alarms');
    output('ApiUrl', this.url, 'The address of the API; see /docs');
    output('AdEventsStream', streams.adEvents.streamName);
    output('IncrementsStream', streams.increments.streamName);
    output('AdsTable', storage.ads.tableName);
    output('CountersTable', storage.counters.tableName);
    output('RequestsTable', storage.requests.tableName);
    output('TokensTable', storage.tokens.tableName);
    output('DeliveryTable', storage.delivery.tableName);
    output('UsagePlanId', api.usagePlan.usagePlanId);
    output('AdEventsDelivery', names.mappings['project-ads']);
    output('IncrementsDelivery', names.mappings['aggregate-increments']);
    output('QuarantineBucket', storage.quarantine.bucketName);
    if (storage.archive !== undefined) output('ArchiveBucket', storage.archive.bucketName);
    if (edge?.cname !== undefined)
      output('EdgeDomain', edge.cname, 'Point the names of the stage here (CNAME)');
    acknowledgeFindings({
      ...{ settings, storage, streams, expiry, api, functions: this.functions },
      ...(releases && { releases }),
      ...(edge && { edge }),
    });
  }

  /**
   * Lets a function call the API: it gets the address as `ADTALLY_URL`, and the name of a secret as
   * `ADTALLY_TOKEN_SECRET`, which it may read. Put a token into the secret (`adtally tokens create`); its scopes are
   * what the function may do. The secret costs $0.40 a month.
   */
  grantCall(caller: lambda.Function, token: Pick<secretsmanager.ISecret, 'secretName' | 'grantRead'>): void {
    caller.addEnvironment(callerVariables.url, this.url);
    caller.addEnvironment(callerVariables.tokenSecret, token.secretName);
    token.grantRead(caller);
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

  /** Permissions to decide, to count what is served, to report, and to take reports. */
  #grantDelivery(
    { ads, counters, requests, tokens, delivery, quarantine }: Storage,
    { increments }: Streams,
    may: (name: FunctionName, table: dynamodb.TableV2, ...operations: string[]) => void,
  ): void {
    const append = ['kinesis:PutRecords'];
    for (const name of ['decide-ads', 'track-ads'] as const)
      this.#of(name).allow(append, [increments.streamArn]);
    // BatchGetItem is for ads that have ended.
    may('decide-ads', ads, 'BatchGetItem', 'GetItem', 'Query');
    this.#of('decide-ads').allow(['s3:GetObject'], [quarantine.arnForObjects(`${snapshotPrefix}*`)]);
    // The numbers of ads and their series, and the control item.
    may('decide-ads', counters, 'BatchGetItem', 'GetItem', 'Query');
    may('decide-ads', requests, 'GetItem', 'PutItem', 'UpdateItem');
    // Where decisions need no token, the gateway checks none, and the function does.
    may('decide-ads', tokens, 'GetItem');
    // PutItem is for the first key; GetItem and BatchGetItem are for ledgers, UpdateItem for them and for caps.
    may('decide-ads', delivery, 'BatchGetItem', 'Query', 'PutItem', 'GetItem', 'UpdateItem');
    may('track-ads', delivery, 'Query');
    // A ledger is begun where the log says so, or when that record is redriven.
    for (const name of ['aggregate-increments', 'operate-quarantine'] as const)
      may(name, delivery, 'GetItem', 'PutItem');
    // Rights come back of ads that nobody asks for.
    may('sweep-ads', delivery, 'BatchGetItem', 'GetItem', 'UpdateItem');
    this.#of('sweep-ads').allow(append, [increments.streamArn]);
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
    for (const name of ['ingest-ads', 'query-ads', 'read-counters', 'decide-ads'] as const) {
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
    this.#grantDelivery(storage, streams, may);
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

/** Everything in an account has the stage in its name, and dashboards have no region. */
function refuseNamesakes(pipeline: Pipeline): void {
  const { account } = Stack.of(pipeline);
  const { stage } = pipeline.settings;
  const twin = pipeline.node.root.node
    .findAll()
    .find(
      (other) =>
        other instanceof Pipeline &&
        other !== pipeline &&
        other.settings.stage === stage &&
        Stack.of(other).account === account,
    );
  if (twin === undefined) return;
  throw new Error(
    `${pipeline.node.path} and ${twin.node.path} are both the stage ${stage} in one account, and names of resources have the stage in them. ` +
      `Give one of them a stage of another name, such as ${stage}-2.`,
  );
}

/** Undefined: the stack is for any region. */
function knownRegion(scope: Construct): string | undefined {
  const { region } = Stack.of(scope);
  return Token.isUnresolved(region) ? undefined : region;
}

function tablesOf({
  ads,
  counters,
  requests,
  tokens,
  delivery,
}: Storage): Readonly<Record<TableName, dynamodb.TableV2>> {
  return { ads, counters, requests, tokens, delivery };
}

function tableNames(storage: Storage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(tablesOf(storage)).map(([role, { tableName }]) => [role, tableName]),
  );
}
