/** A stage that a test deploys, uses from outside and destroys, with the real CDK and the operators' commands. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { APIGatewayClient, GetRestApisCommand } from '@aws-sdk/client-api-gateway';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, PutBucketTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import { ListScheduleGroupsCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { createClient, type Client } from '../../client/index.ts';
import type { StageName } from '../../lib/stages.ts';
import { runSmoke } from '../smoke/smoke.ts';
import { endpoint } from './deployed.ts';

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

export class ThrowawayStage {
  readonly #stage: StageName;
  readonly #stack: string;
  readonly #cloudformation = new CloudFormationClient({ endpoint });
  readonly #dynamodb = new DynamoDBClient({ endpoint });

  constructor(stage: StageName) {
    this.#stage = stage;
    this.#stack = `adtally-${stage}`;
  }

  deploy(assembly: string): Promise<Ended> {
    return this.#cdk('deploy', '--app', assembly, '--require-approval', 'never');
  }

  destroy(assembly: string): Promise<Ended> {
    return this.#cdk('destroy', '--app', assembly, '--all', '--force');
  }

  /** `GONE`: there is none. */
  async status(): Promise<string> {
    return (await this.#describe())?.StackStatus ?? 'GONE';
  }

  /** As docs/deploy.md says: of a stack that CDK must replace or destroy. */
  async allowRemoval(): Promise<void> {
    await this.#cloudformation.send(
      new UpdateTerminationProtectionCommand({ StackName: this.#stack, EnableTerminationProtection: false }),
    );
  }

  /** Each path of the API once, with a new token; resolves to what is wrong. */
  async use(): Promise<readonly string[]> {
    const wrong: string[] = [];
    await runSmoke({
      client: await this.#client(),
      run: crypto.randomUUID().slice(0, 12),
      nowMs: () => Date.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      onStep: (step) => {
        if (step.wrong !== undefined) wrong.push(`${step.name}: ${step.wrong}`);
      },
    });
    return wrong;
  }

  /** Adds at once to a counter and returns its total. */
  async add(key: string, value: number): Promise<number> {
    const { body } = await (await this.#client()).increment({ body: { key, value }, mode: 'sync' });
    return Number((body as Record<string, unknown>)[key]);
  }

  /** What the account has by the stage's name, without the endings that CloudFormation draws. */
  async leftovers(): Promise<readonly string[]> {
    const [tables, streams, buckets, functions, groups, apis] = await Promise.all([
      this.#tables(),
      new KinesisClient({ endpoint }).send(new ListStreamsCommand({})),
      s3().send(new ListBucketsCommand({})),
      new LambdaClient({ endpoint }).send(new ListFunctionsCommand({})),
      new SchedulerClient({ endpoint }).send(new ListScheduleGroupsCommand({})),
      new APIGatewayClient({ endpoint }).send(new GetRestApisCommand({})),
    ]);
    const names = (kind: string, found: readonly (string | undefined)[]): readonly string[] =>
      found.flatMap((name) =>
        name?.startsWith(this.#stack) === true ? [`${kind} ${withoutEnding(name)}`] : [],
      );
    return [
      ...names('table', tables),
      ...names('stream', streams.StreamNames ?? []),
      ...names('bucket', buckets.Buckets?.map(({ Name }) => Name) ?? []),
      ...names('function', functions.Functions?.map(({ FunctionName }) => FunctionName) ?? []),
      ...names('schedules', groups.ScheduleGroups?.map(({ Name }) => Name) ?? []),
      ...names('api', apis.items?.map(({ name }) => name) ?? []),
    ].sort();
  }

  /** Of each table: whether it is protected against deletion. */
  async protections(): Promise<readonly (boolean | undefined)[]> {
    const tables = await this.#tables();
    return Promise.all(
      tables.map(async (name) => {
        const { Table } = await this.#dynamodb.send(new DescribeTableCommand({ TableName: name }));
        return Table?.DeletionProtectionEnabled;
      }),
    );
  }

  /** CloudFormation would have: CDK's function empties only a bucket with this tag, which MiniStack leaves out. */
  async tagBucket(): Promise<void> {
    await s3().send(
      new PutBucketTaggingCommand({
        Bucket: await this.#output('QuarantineBucket'),
        Tagging: { TagSet: [{ Key: 'aws-cdk:auto-delete-objects', Value: 'true' }] },
      }),
    );
  }

  async #client(): Promise<Client> {
    const made = await run('bin/tokens.ts', [
      ...['create', '--name', 'deploys', '--scopes', 'admin', '--stage', this.#stage, '--json'],
    ]);
    if (made.code !== 0) throw new Error(`no token: ${made.output}`);
    const { token, principal } = JSON.parse(made.output) as { token: string; principal: string };
    const url = await this.#output('ApiUrl');
    const [, apiId = ''] = /^https:\/\/([^.]+)\./.exec(url) ?? [];
    return createClient({
      baseUrl: `${endpoint}/restapis/${apiId}/${this.#stage}/_user_request_`,
      token,
      deps: {
        // MiniStack takes the API key from the request, where AWS has the authorizer name it.
        fetch: (target, { method, headers, body, signal }) =>
          fetch(target, {
            method,
            headers: { ...headers, 'x-api-key': `${this.#stack}-${principal}`, connection: 'close' },
            ...(body !== undefined && { body }),
            ...(signal !== undefined && { signal }),
          }),
      },
    });
  }

  async #output(name: string): Promise<string> {
    const found = (await this.#describe())?.Outputs?.find(({ OutputKey }) => OutputKey === name);
    if (found?.OutputValue === undefined) throw new Error(`${this.#stack} has no output ${name}`);
    return found.OutputValue;
  }

  async #describe() {
    const { Stacks = [] } = await this.#cloudformation.send(new DescribeStacksCommand({}));
    return Stacks.find(({ StackName }) => StackName === this.#stack);
  }

  async #tables(): Promise<readonly string[]> {
    const { TableNames = [] } = await this.#dynamodb.send(new ListTablesCommand({}));
    return TableNames.filter((name) => name.startsWith(this.#stack));
  }

  #cdk(...args: readonly string[]): Promise<Ended> {
    return run(join('node_modules', 'aws-cdk', 'bin', 'cdk'), args);
  }
}

function s3(): S3Client {
  return new S3Client({ endpoint, forcePathStyle: true });
}

/** `adtally-dev-StorageAds73E2E28F-2DA94588BCBD1`: what CDK and CloudFormation add makes no difference here. */
function withoutEnding(name: string): string {
  return name.replace(/-([a-z]+?)[0-9a-f]{8}-[0-9a-z]+$/i, '-$1');
}

const runMsMax = 300_000;

/** Not `spawnSync`: the tests' time limits must be able to strike. */
function run(program: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { timeout: runMsMax });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, output });
    });
  });
}
