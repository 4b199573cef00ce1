import { exposedHeaders } from '../../api/answer/cors.ts';
import { isLoopbackHost, parseAuthority } from '../http/authority.ts';
import type { BrowserRequest, BrowserRules } from '../http/connection.ts';
import { problemResponse, varyLine, type HttpResponse } from '../http/http-message.ts';

export interface BrowserRulesOptions {
  /** Whether calls need a token, as of now. */
  readonly requiresToken: () => boolean;
  /** Names that a server without tokens answers to, besides those of this machine. */
  readonly hosts: readonly string[];
  /** Origins whose pages may read answers. Without tokens, pages of this machine may too. */
  readonly origins: readonly string[];
  /** The stage's origins. They apply when calls need a token and `origins` is empty. */
  readonly stageOrigins: readonly string[];
}

/**
 * Decides which pages in a browser may call the server. A server without tokens trusts its own machine, but a
 * browser on that machine shows pages of the whole web. So the server answers only to names of this machine
 * (with DNS rebinding, a page's own name leads here) and only to pages that this machine served. A server
 * with tokens answers every page, and names the pages that may read its answers.
 */
export function createBrowserRules({
  requiresToken,
  hosts,
  origins,
  stageOrigins,
}: BrowserRulesOptions): BrowserRules {
  const allowedHosts = new Set(hosts.map((host) => host.toLowerCase()));
  const allowedOrigins = new Set(origins);
  const tokenOrigins = new Set(origins.length > 0 ? origins : stageOrigins);
  // `*` is safe: the token is in a header and not in a cookie.
  const tokenLines = tokenOrigins.has('*') ? allowLines('*') : tokenOrigins.size === 0 ? '' : undefined;

  const isHostKnown = (text: string): boolean => {
    const host = parseAuthority(text)?.host ?? '';
    return isLoopbackHost(host) || allowedHosts.has(host);
  };
  const isOriginKnown = (origin: string): boolean => allowedOrigins.has(origin) || isLoopbackOrigin(origin);

  const judge = ({ host, origin }: BrowserRequest): Verdict => {
    const isForeign = origin !== undefined && !isOriginKnown(origin);
    return {
      host,
      origin,
      // Old clients may omit Host; no browser does.
      refusal: host !== '' && !isHostKnown(host) ? misdirected : isForeign ? foreignOrigin : undefined,
      lines: origin === undefined || isForeign ? '' : allowLines(origin),
    };
  };
  // Most requests name the same host and origin as the one before.
  let last = judge({ host: '', origin: undefined });
  const verdictOn = (request: BrowserRequest): Verdict => {
    if (last.host !== request.host || last.origin !== request.origin) last = judge(request);
    return last;
  };

  return {
    refuse: (request) => (requiresToken() ? undefined : verdictOn(request).refusal),
    linesFor(request, vary) {
      const needsToken = requiresToken();
      if (needsToken && tokenLines !== undefined) return tokenLines + varyLine(vary);
      const varies = varyLine(vary === undefined ? 'Origin' : `${vary}, Origin`);
      if (request === undefined) return varies;
      if (!needsToken) return verdictOn(request).lines + varies;
      const { origin } = request;
      const allowed = origin !== undefined && tokenOrigins.has(origin);
      return allowed ? allowLines(origin) + varies : varies;
    },
  };
}

interface Verdict extends BrowserRequest {
  readonly refusal: HttpResponse | undefined;
  readonly lines: string;
}

function allowLines(origin: string): string {
  return `Access-Control-Allow-Origin: ${origin}\r\nAccess-Control-Expose-Headers: ${exposedHeaders}\r\n`;
}

/** Such as `http://localhost:5173`. The origin `null`, which a sandboxed page has, is not one. */
function isLoopbackOrigin(origin: string): boolean {
  const authority = /^https?:\/\/(.*)$/.exec(origin)?.[1];
  const host = authority === undefined ? undefined : parseAuthority(authority)?.host;
  return host !== undefined && isLoopbackHost(host);
}

const misdirected: HttpResponse = problemResponse(
  'misdirected',
  'This server needs no token and so answers only to names of its own machine; --allow-host adds more.',
);
const foreignOrigin: HttpResponse = problemResponse(
  'foreign-origin',
  'This server needs no token and so answers only to pages of its own machine; --cors-origin adds more.',
);
