import { exposedHeaders } from '../../api/answer/cors.ts';
import { isLoopbackHost, parseAuthority } from '../http/authority.ts';
import type { GuestRules } from '../http/http-door.ts';
import { problemResponse, type HttpResponse } from '../http/http-message.ts';

export interface GuestRulesOptions {
  /** Whether calls need a token, as of now. */
  readonly isGuarded: () => boolean;
  /** Names that an open server answers to besides those of this machine. */
  readonly hosts: readonly string[];
  /** Origins whose pages may read answers: of an open server besides those of this machine, of a guarded one alone. */
  readonly origins: readonly string[];
  /** Those of the stage: they hold for a guarded server if `origins` is empty. */
  readonly stageOrigins: readonly string[];
}

/**
 * Which pages of a browser are let in. A server that asks for no token trusts its own machine, and a browser on that
 * machine shows pages of the whole web: so the server answers only to names of this machine (a page may have its own
 * name lead here: DNS rebinding) and only to pages that this machine served. A server that asks for tokens lets every
 * page ask, and says which may read its answers.
 */
export function createGuestRules({ isGuarded, hosts, origins, stageOrigins }: GuestRulesOptions): GuestRules {
  const allowedHosts = new Set(hosts.map((host) => host.toLowerCase()));
  const allowedOrigins = new Set(origins);
  const guardedOrigins = new Set(origins.length > 0 ? origins : stageOrigins);
  // Alike for every page: with a token in a header and none in a cookie, `*` gives nothing away.
  const guardedLines = guardedOrigins.has('*') ? allowLines('*') : guardedOrigins.size === 0 ? '' : undefined;

  const isHostKnown = (text: string): boolean => {
    const host = parseAuthority(text)?.host ?? '';
    return isLoopbackHost(host) || allowedHosts.has(host);
  };
  const isOriginKnown = (origin: string): boolean => allowedOrigins.has(origin) || isLoopbackOrigin(origin);

  return {
    refuse({ headers }) {
      if (isGuarded()) return undefined;
      for (let index = 0; index + 1 < headers.length; index += 2) {
        const value = headers[index + 1] ?? '';
        if (isHost(headers[index] ?? '') && !isHostKnown(value)) return misdirected;
        if (isOrigin(headers[index] ?? '') && !isOriginKnown(value)) return foreignOrigin;
      }
      return undefined;
    },
    linesFor(headers) {
      const guarded = isGuarded();
      if (guarded && guardedLines !== undefined) return guardedLines;
      const origin = originOf(headers);
      const allowed = origin !== undefined && (guarded ? guardedOrigins.has(origin) : isOriginKnown(origin));
      return allowed ? allowLines(origin) + varies : varies;
    },
  };
}

const varies = 'Vary: Origin\r\n';

function allowLines(origin: string): string {
  return `Access-Control-Allow-Origin: ${origin}\r\nAccess-Control-Expose-Headers: ${exposedHeaders}\r\n`;
}

/** `http://localhost:5173` and its like. `null`, which a sandboxed page has, is nobody's. */
function isLoopbackOrigin(origin: string): boolean {
  const authority = /^https?:\/\/(.*)$/.exec(origin)?.[1];
  const host = authority === undefined ? undefined : parseAuthority(authority)?.host;
  return host !== undefined && isLoopbackHost(host);
}

/** undefined: none, or several, which no browser sends. */
function originOf(headers: readonly string[]): string | undefined {
  let origin: string | undefined;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (!isOrigin(headers[index] ?? '')) continue;
    if (origin !== undefined) return undefined;
    origin = headers[index + 1];
  }
  return origin;
}

function isHost(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === 'host';
}

function isOrigin(name: string): boolean {
  return name.length === 6 && name.toLowerCase() === 'origin';
}

const misdirected: HttpResponse = problemResponse(
  'misdirected',
  'This server needs no token and so answers only to names of its own machine; --allow-host adds more.',
);
const foreignOrigin: HttpResponse = problemResponse(
  'foreign-origin',
  'This server needs no token and so answers only to pages of its own machine; --cors-origin adds more.',
);
