import { edgeHeader } from '../../lib/api/headers.ts';
import type { EdgeCache } from '../../lib/infra/edge-cache.ts';
import type { Reply } from './http-world.ts';
import type { Request } from './proxy-event.ts';

/**
 * CloudFront as its documentation describes it, with one cache and without a network: it forwards all headers but
 * Host, keeps an answer under its key for as long as the answer says, and gives an old one if it gets no new one,
 * unless the answer forbids that.
 */
export class EdgeModel {
  /** Answers that came from the cache, fresh or old. */
  hits = 0;
  readonly #kept = new Map<string, { readonly reply: Reply; readonly untilMs: number }>();
  readonly #caches: readonly EdgeCache[];
  readonly #origin: (request: Request) => Promise<Reply>;
  readonly #nowMs: () => number;
  /** An answer comes from the API to the edge. */
  readonly #travel: () => Promise<void>;

  constructor(
    caches: readonly EdgeCache[],
    origin: (request: Request) => Promise<Reply>,
    nowMs: () => number,
    { travel = () => Promise.resolve() }: { readonly travel?: () => Promise<void> } = {},
  ) {
    this.#caches = caches;
    this.#origin = origin;
    this.#nowMs = nowMs;
    this.#travel = travel;
  }

  async send(request: Request): Promise<Reply> {
    const [pathname = ''] = request.path.split('?');
    const cache = this.#caches.find(({ path }) => path === pathname);
    const isRead = request.method === undefined || ['GET', 'HEAD'].includes(request.method);
    if (cache === undefined || !isRead) return this.#ask(request);
    const key = keyOf(cache, request);
    const found = this.#kept.get(key);
    if (found !== undefined && this.#nowMs() < found.untilMs) return this.#hit(found.reply);
    const reply = await this.#ask(request);
    await this.#travel();
    if (found !== undefined && reply.status >= 500 && mayBeGivenOld(found.reply))
      return this.#hit(found.reply);
    const keptMs = 1000 * lifetime(reply);
    if (reply.status === 200 && keptMs >= 0) this.#kept.set(key, { reply, untilMs: this.#nowMs() + keptMs });
    return reply;
  }

  #hit(reply: Reply): Reply {
    this.hits += 1;
    return reply;
  }

  #ask(request: Request): Promise<Reply> {
    const sent = Object.entries(request.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'host');
    return this.#origin({
      ...request,
      headers: { ...Object.fromEntries(sent), Host: 'abc123.execute-api.example.com', [edgeHeader]: '-' },
    });
  }
}

function keyOf({ path, query, headers }: EdgeCache, request: Request): string {
  const sent = new Map(
    Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  // CloudFront makes one of few texts of it.
  const coding = String(sent.get('accept-encoding') ?? '').includes('gzip');
  const [, search = ''] = request.path.split(/\?(.*)/s);
  const named = headers.map((name) => sent.get(name.toLowerCase()) ?? null);
  return JSON.stringify([path, query === 'all' ? search : '', coding, ...named]);
}

/** Seconds; -1: a shared cache must not keep it. An answer that says nothing is not kept: the default is 0. */
function lifetime({ headers }: Reply): number {
  const control = headers['Cache-Control'] ?? '';
  if (/no-store|private/.test(control)) return -1;
  return control.includes('no-cache') ? 0 : Number(/max-age=(\d+)/.exec(control)?.[1] ?? 0);
}

/** CloudFront's own words are that `stale-if-error` decides; nothing is said of `must-revalidate`. */
function mayBeGivenOld({ headers }: Reply): boolean {
  return headers['Cache-Control']?.includes('stale-if-error=0') !== true;
}
