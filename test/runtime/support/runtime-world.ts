import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateStreamCommand, DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { clientOptions } from '../../../lib/adapters/aws/aws-clients.ts';
import { createTable } from '../../aws/support/dynamodb-tables.ts';
import { emulatorIdentity, endpointOf } from '../../aws/support/endpoints.ts';
import { startFakeS3, startFakeScheduler, type FakeScheduler } from '../../aws/support/fake-services.ts';
import { assemblyVariable } from './assembly.ts';
import { readStage, type DeployedFunction } from './deployed-functions.ts';
import { Environment, type Outcome } from './environment-process.ts';
import { StreamTail } from './stream-tail.ts';
import { startXrayDaemon, type XrayDaemon } from './xray-daemon.ts';

/** A deployed stage: its tables and streams on emulators, its functions' environments. */
export class RuntimeWorld {
  readonly #stage = readStage(process.env[assemblyVariable] ?? '');
  readonly #environments: Environment[] = [];
  readonly #closers: (() => unknown)[] = [];
  readonly dynamodb = new DynamoDBClient(this.#options('dynamodb'));
  readonly #kinesis = new KinesisClient(this.#options('kinesis'));
  #endpoints: Readonly<Record<string, string>> = {};

  readonly scheduler: FakeScheduler;
  readonly daemon: XrayDaemon;

  private constructor(scheduler: FakeScheduler, daemon: XrayDaemon) {
    this.scheduler = scheduler;
    this.daemon = daemon;
  }

  static async open(): Promise<RuntimeWorld> {
    const [s3, scheduler, daemon] = await Promise.all([
      startFakeS3(),
      startFakeScheduler(),
      startXrayDaemon(),
    ]);
    const world = new RuntimeWorld(scheduler, daemon);
    world.#closers.push(
      () => s3.close(),
      () => scheduler.close(),
      () => {
        daemon.close();
      },
    );
    world.#endpoints = {
      AWS_ENDPOINT_URL_DYNAMODB: endpointOf('dynamodb'),
      AWS_ENDPOINT_URL_KINESIS: endpointOf('kinesis'),
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ENDPOINT_URL_SCHEDULER: scheduler.endpoint,
      AWS_XRAY_DAEMON_ADDRESS: daemon.address,
    };
    await Promise.all([
      ...world.#stage.tables.map((name) => createTable(world.dynamodb, name)),
      ...world.#stage.streams.map((name) => world.#createStream(name)),
    ]);
    return world;
  }

  get functions(): readonly DeployedFunction[] {
    return [...this.#stage.functions.values()];
  }

  tail(stream: 'ad-events' | 'increments'): StreamTail {
    return new StreamTail(this.#kinesis, `adtally-dev-${stream}.1`);
  }

  /** The physical name of a table, from the environment of a function that uses it. */
  tableOf(functionName: string, variable: string): string {
    return this.#function(functionName).variables[variable] ?? '';
  }

  /** Starts an environment. `variables`: in place of those of the stage. */
  async begin(name: string, variables: Readonly<Record<string, string>> = {}): Promise<Environment> {
    const started = await this.tryBegin(name, variables);
    if (!(started instanceof Environment)) throw new Error(`${name} did not start`, { cause: started });
    return started;
  }

  async tryBegin(
    name: string,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Environment | Outcome> {
    const started = await Environment.start(this.#function(name), { ...this.#endpoints, ...variables });
    if (started instanceof Environment) this.#environments.push(started);
    return started;
  }

  async close(): Promise<void> {
    for (const environment of this.#environments) environment.stop();
    for (const close of this.#closers) await close();
    this.dynamodb.destroy();
    this.#kinesis.destroy();
  }

  #options(service: 'dynamodb' | 'kinesis') {
    const options = clientOptions({ requestTimeoutMs: 20_000 });
    return { ...options, ...emulatorIdentity, endpoint: endpointOf(service) };
  }

  #function(name: string): DeployedFunction {
    const found = this.#stage.functions.get(name);
    if (found === undefined) throw new Error(`the stage has no function ${name}`);
    return found;
  }

  async #createStream(name: string): Promise<void> {
    await this.#kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: 1 }));
    for (;;) {
      const { StreamDescriptionSummary: summary } = await this.#kinesis.send(
        new DescribeStreamSummaryCommand({ StreamName: name }),
      );
      if (summary?.StreamStatus === 'ACTIVE') return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
