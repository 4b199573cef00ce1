import { exposedHeaders } from '../../api/answer/cors.ts';
import { isLoopbackHost, parseAuthority } from '../http/authority.ts';
import type { Asked, GuestRules } from '../http/connection.ts';
import { problemResponse, varyLine, type HttpResponse } from '../http/http-message.ts';

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

  const judgeOpen = ({ host, origin }: Asked): Verdict => {
    const isForeign = origin !== undefined && !isOriginKnown(origin);
    return {
      host,
      origin,
      // Old clients may leave Host out; no browser does.
      refusal: host !== '' && !isHostKnown(host) ? misdirected : isForeign ? foreignOrigin : undefined,
      lines: origin === undefined || isForeign ? '' : allowLines(origin),
    };
  };
  // Most requests ask as the one before did.
  let last = judgeOpen({ host: '', origin: undefined });
  const openVerdict = (asked: Asked): Verdict => {
    if (last.host !== asked.host || last.origin !== asked.origin) last = judgeOpen(asked);
    return last;
  };

  return {
    refuse: (asked) => (isGuarded() ? undefined : openVerdict(asked).refusal),
    linesFor(asked, vary) {
      const guarded = isGuarded();
      if (guarded && guardedLines !== undefined) return guardedLines + varyLine(vary);
      const varies = varyLine(vary === undefined ? 'Origin' : `${vary}, Origin`);
      if (asked === undefined) return varies;
      if (!guarded) return openVerdict(asked).lines + varies;
      const { origin } = asked;
      const allowed = origin !== undefined && guardedOrigins.has(origin);
      return allowed ? allowLines(origin) + varies : varies;
    },
  };
}

interface Verdict extends Asked {
  readonly refusal: HttpResponse | undefined;
  readonly lines: string;
}

function allowLines(origin: string): string {
  return `Access-Control-Allow-Origin: ${origin}\r\nAccess-Control-Expose-Headers: ${exposedHeaders}\r\n`;
}

/** `http://localhost:5173` and its like. `null`, which a sandboxed page has, is nobody's. */
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
