import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { DeployedFunction } from './deployed-functions.ts';
import { RuntimeApi, type Posted } from './runtime-api.ts';

const folder = fileURLToPath(new URL('../client/', import.meta.url));
const client = join(folder, 'node_modules/aws-lambda-ric/index.mjs');

/** `timeout`: killed at the function's time-out. `exit`: the process ended by itself. */
export type Outcome =
  Posted | { readonly type: 'timeout' } | { readonly type: 'exit'; readonly code: number | null };

export interface InvokeOptions {
  readonly trace?: string;
}

const notSampled = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0';

/**
 * One execution environment: the bundle of a function in a process of its own, under the runtime client that
 * AWS runs. Between two events the process is stopped, as Lambda freezes it.
 */
export class Environment {
  readonly #function: DeployedFunction;
  readonly #child: ChildProcess;
  readonly #api: RuntimeApi;
  /** Resolved at the first request for an event, or with how the start ended. */
  readonly #started = Promise.withResolvers<Outcome | undefined>();
  /** What it wrote to standard output and error. */
  readonly lines: string[] = [];
  /** From the start of the process to its first request for an event. */
  initMs = 0;
  #settle: ((outcome: Outcome) => void) | undefined;
  #exited: Outcome | undefined;

  /** Resolves as soon as it asks for its first event, or to how its start ended. */
  static async start(
    deployed: DeployedFunction,
    endpoints: Readonly<Record<string, string>>,
  ): Promise<Environment | Outcome> {
    const api = new RuntimeApi();
    const address = await api.listen();
    const startedMs = performance.now();
    const environment = new Environment(deployed, api, {
      ...deployed.variables,
      ...endpoints,
      AWS_LAMBDA_RUNTIME_API: address,
    });
    const failed = await environment.#started.promise;
    if (failed === undefined) {
      environment.initMs = performance.now() - startedMs;
      return environment;
    }
    environment.stop();
    return failed;
  }

  private constructor(
    deployed: DeployedFunction,
    api: RuntimeApi,
    variables: Readonly<Record<string, string>>,
  ) {
    this.#function = deployed;
    this.#api = api;
    const child = spawn(process.execPath, [client], {
      cwd: deployed.folder,
      env: {
        ...variables,
        LAMBDA_TASK_ROOT: deployed.folder,
        _HANDLER: deployed.handler,
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        AWS_LAMBDA_FUNCTION_NAME: deployed.functionName,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(deployed.memoryMb),
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        AWS_LAMBDA_LOG_FORMAT: deployed.logFormat,
        AWS_LAMBDA_LOG_LEVEL: deployed.logLevel,
        AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${deployed.functionName}`,
        AWS_LAMBDA_LOG_STREAM_NAME: 'test',
        AWS_REGION: 'us-east-1',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_SESSION_TOKEN: 'test',
        TZ: ':UTC',
        LANG: 'en_US.UTF-8',
        PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on('line', (line) => this.lines.push(line));
    api.onNext = () => {
      child.kill('SIGSTOP');
      this.#started.resolve(undefined);
    };
    api.onPosted = (posted) => {
      if (posted.type === 'init-error') this.#started.resolve(posted);
      else this.#settle?.(posted);
    };
    child.once('exit', (code) => {
      this.#exited = { type: 'exit', code };
      this.#started.resolve(this.#exited);
      this.#settle?.(this.#exited);
      api.close();
    });
  }

  /** Thaws the process, hands it the event and waits as long as the function may take. */
  async invoke(event: unknown, { trace = notSampled }: InvokeOptions = {}): Promise<Outcome> {
    if (this.#exited !== undefined) return this.#exited;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#settle = resolve;
    const timeoutMs = this.#function.timeoutSeconds * 1000;
    const timer = setTimeout(() => {
      resolve({ type: 'timeout' });
      this.stop();
    }, timeoutMs);
    this.#child.kill('SIGCONT');
    this.#api.hand({
      requestId: randomUUID(),
      event,
      deadlineMs: Date.now() + timeoutMs,
      functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${this.#function.functionName}`,
      trace,
    });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#settle = undefined;
    }
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
