import { routes } from '../../lib/api/routes.ts';
import { createGateway, type Gateway } from '../../lib/embedded/http/gateway.ts';
import { textHash } from '../../lib/core/text-hash.ts';
import type { FunctionName } from '../../lib/stages.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import type { Exchange, HttpAnswer, HttpRequestSent, ServedCall } from './audit/auditor.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Kernel } from './kernel.ts';
import type { PendingWork } from './ports/port-call.ts';
import type { Witness } from './witness.ts';

export interface NetworkOptions {
  readonly kernel: Kernel;
  readonly faults: FaultPlan;
  readonly containers: Containers;
  readonly witness: Witness;
  readonly pending: PendingWork;
}

interface ProxyEvent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly requestContext: { readonly identity: { readonly sourceIp: string; userArn?: string } };
}

interface ProxyResult {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** undefined: anonymous. */
const callers = [undefined, 'arn:aws:iam::1:user/ann', 'arn:aws:iam::1:user/bob'] as const;

/** Who signed a request. All tries of one Idempotency-Key come from one caller. */
function callerOf({ headers, target, body = '' }: HttpRequestSent): (typeof callers)[number] {
  const [path = ''] = target.split('?');
  const text = headers['idempotency-key']?.replaceAll('"', '') ?? `${path}${body}`;
  return callers[textHash(text) % callers.length];
}

const functionNames = [...new Set(routes.map(({ functionName }) => functionName))];

/** What the containers know of a request. */
interface Served {
  readonly caller: (typeof callers)[number];
  functionName?: FunctionName;
  container?: Container;
  containerStartedMs?: number;
  containerNowMs?: number;
}

/** The network between clients and the real gateway: it loses, delays, repeats and mangles. */
export class Network {
  readonly #options: NetworkOptions;
  readonly #gateway: Gateway;
  readonly #prng;
  readonly #served = new Map<string, Served>();
  requests = 0;
  #calls = 0;
  /** Requests that somebody serves or waits for. */
  underWay = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
    const { kernel } = options;
    this.#prng = kernel.fork('network');
    this.#gateway = createGateway({
      stage: 'simulated',
      functions: Object.fromEntries(
        functionNames.map((name) => [name, (event: ProxyEvent) => this.#invoke(name, event)]),
      ) as never,
      clock: {
        nowMs: () => Math.floor(kernel.nowMs()),
        monotonicMs: () => kernel.elapsedMs,
        sleep: (durationMs, signal) => kernel.sleep(durationMs, signal),
      },
      telemetry: nullTelemetry,
    });
  }

  async request(wanted: HttpRequestSent, patienceMs = Infinity): Promise<HttpAnswer | 'gave-up'> {
    const { kernel, faults } = this.#options;
    const request = this.#mangle(wanted);
    const isKeyed = request.headers['idempotency-key'] !== undefined;
    if (isKeyed && faults.strikes('duplicate-request')) this.#repeat(request);
    const impatient = faults.strikes('client-gives-up');
    if (impatient && this.#prng.chance(0.3)) {
      // It never arrives.
      await kernel.sleep(this.#prng.int(10, 3000));
      return 'gave-up';
    }
    const waitMs = Math.min(patienceMs, impatient ? this.#prng.int(1, 2000) : Infinity);
    return this.#exchange(request, waitMs);
  }

  #repeat(request: HttpRequestSent): void {
    const { kernel, faults, pending } = this.#options;
    pending.count += 1;
    void kernel.spawn(async () => {
      await kernel.sleep(10 ** (faults.prng('duplicate-request').int(0, 4500) / 1000));
      await this.#exchange(request, Infinity);
      pending.count -= 1;
    });
  }

  async #exchange(request: HttpRequestSent, waitMs: number): Promise<HttpAnswer | 'gave-up'> {
    const { kernel, witness } = this.#options;
    this.requests += 1;
    const id = this.requests;
    const sentAtMs = kernel.nowMs();
    const sourceIp = `10.${id >> 16}.${(id >> 8) & 255}.${id & 255}`;
    const served: Served = { caller: callerOf(request) };
    this.#served.set(sourceIp, served);
    this.underWay += 1;
    const serving = this.#serve(request, sourceIp, `request-${id}`).finally(() => {
      this.underWay -= 1;
    });
    const patience = new AbortController();
    const tired = kernel.sleep(Math.min(waitMs, 600_000), patience.signal).then(() => undefined);
    const answer = await Promise.race([serving, tired]);
    patience.abort('answered');
    const exchange: Exchange = {
      ...{ id, request, sentAtMs, answeredAtMs: kernel.nowMs(), answer },
      principal: served.caller ?? 'anonymous',
      ...(served.functionName !== undefined && { functionName: served.functionName }),
      ...(served.container !== undefined && { containerId: served.container.id }),
      ...(served.containerNowMs !== undefined && { containerNowMs: served.containerNowMs }),
      ...(served.containerStartedMs !== undefined && { containerStartedMs: served.containerStartedMs }),
    };
    witness.exchanged(exchange);
    return answer ?? 'gave-up';
  }

  async #serve(request: HttpRequestSent, sourceIp: string, requestId: string): Promise<HttpAnswer> {
    const { kernel } = this.#options;
    await kernel.sleep(this.#prng.int(1, 40));
    const { statusCode, headerLines, body } = await this.#gateway.handle({
      method: request.method,
      target: request.target,
      headers: ['host', 'api.example', ...Object.entries(request.headers).flat()],
      body: Buffer.from(request.body ?? ''),
      ...{ sourceIp, requestId },
    });
    this.#served.delete(sourceIp);
    await kernel.sleep(this.#prng.int(1, 40));
    return { status: statusCode, headers: parseHeaders(headerLines), body: body.toString() };
  }

  async #invoke(functionName: FunctionName, event: ProxyEvent): Promise<ProxyResult> {
    const { kernel, witness, containers } = this.#options;
    const { identity } = event.requestContext;
    const served = this.#served.get(identity.sourceIp);
    if (served === undefined) throw new Error('a request from nowhere');
    served.functionName = functionName;
    const { caller: userArn } = served;
    if (userArn !== undefined) identity.userArn = userArn;
    this.#calls += 1;
    const id = this.#calls;
    const tell = (answer?: ServedCall['answer']): void => {
      if (served.container === undefined) return;
      const { path: target, body } = event;
      const principal = userArn ?? 'anonymous';
      const call = { id, containerId: served.container.id, functionName, principal, atMs: kernel.nowMs() };
      witness.served({ ...call, target, body: body ?? '', answer });
    };
    const result = (await containers.invoke(functionName, event, {
      onContainer: (container) => {
        served.container = container;
        served.containerStartedMs = container.nowMs();
        tell();
      },
    })) as ProxyResult;
    if (served.container !== undefined) served.containerNowMs = served.container.nowMs();
    const { statusCode: status, body, headers } = result;
    tell({ status, body, isReplay: headers?.['Idempotent-Replayed'] !== undefined });
    return result;
  }

  #mangle(request: HttpRequestSent): HttpRequestSent {
    const { faults } = this.#options;
    if (request.body === undefined) return request;
    if (request.body !== '' && faults.strikes('body-truncated')) {
      const length = faults.prng('body-truncated').int(0, request.body.length - 1);
      return { ...request, body: request.body.slice(0, length) };
    }
    if (faults.strikes('body-oversize')) return { ...request, body: request.body + ' '.repeat(262_145) };
    if (faults.strikes('wrong-content-type')) {
      return { ...request, headers: { ...request.headers, 'content-type': 'text/plain' } };
    }
    return request;
  }
}

function parseHeaders(lines: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return headers;
}
