import type { SimulatedDefect } from '../../plant/defect.ts';

const choose = 'lib/core/delivery/choose.ts';
const decider = 'lib/app/delivery/decider.ts';
const keys = 'lib/app/delivery/signing-keys.ts';
const track = 'functions/track-ads/track-ads.ts';

/** Decisions, their tokens, and what is reported of them. */
export const decidingDefects: readonly SimulatedDefect[] = [
  {
    name: 'only-the-first-priority-decides',
    file: choose,
    find: `      if (!this.#tickets.bringBack() && !this.#nextPriority()) return undefined;
`,
    replace: `      if (!this.#tickets.bringBack() && (Object.hasOwn(this, 'begun') || !this.#nextPriority())) return undefined;
      Object.assign(this, { begun: true });
`,
    breaks: 'Places stay empty although ads of later priorities match.',
    expects: ['G14'],
  },
  {
    name: 'excluded-ad-is-drawn',
    file: choose,
    find: `    if (this.#ads?.has(row.id) === true || this.#standings`,
    replace: `    if (this.#standings`,
    breaks: 'A page is given the ad that it has just shown and asked not to get again.',
    expects: ['G4', 'G14'],
  },
  {
    name: 'decision-of-the-whole-minute',
    file: decider,
    find: `{ atMs: nowMs, draw,`,
    replace: `{ atMs: Math.floor(nowMs / 60_000) * 60_000, draw,`,
    breaks: 'In the minute in which an ad starts or ends, decisions show it late or too long.',
    expects: ['G4', 'G14'],
  },
  {
    name: 'token-of-the-first-placement',
    file: decider,
    find: `ads.map((winner) => sign(winner, placement)),`,
    replace: `ads.map((winner) => sign(winner, request.placements[0]?.id ?? placement)),`,
    breaks: 'All tokens of an answer name its first place.',
    expects: ['G11'],
  },
  {
    name: 'token-without-chance',
    file: decider,
    find: `      const random = identity.eventId(count).slice(8);`,
    replace: `      const random = identity.eventId(count).slice(28).padStart(24, '0');`,
    breaks:
      'Two people who are shown one ad in the same minute have one token, and one of them is a duplicate.',
    expects: ['G11'],
  },
  {
    name: 'epoch-without-its-day',
    file: 'lib/core/delivery/epoch.ts',
    find: `  return first * 4 + (day % 4);`,
    replace: `  return first * 4 + (day & 0);`,
    breaks: 'A decision does not say which day it belongs to.',
    expects: ['G11'],
  },
  {
    name: 'old-keys-sign-while-the-store-fails',
    file: keys,
    find: `  const isTooOld = (): boolean => ageOf(readAt) >= signsWithinMs;`,
    replace: `  const isTooOld = (): boolean => ageOf(readAt) === Infinity;`,
    breaks: 'A container that comes back during an outage signs with the key of hours ago.',
    expects: ['G11'],
    needs: ['state-server-error', 'state-throttled'],
  },
  {
    name: 'key-rotated-twice-a-day',
    file: keys,
    find: `  if (nowMs < againAtMs) return { status: 'too-soon', id: last.id, againAtMs };
`,
    replace: '',
    breaks: 'Two operators who rotate one after the other retire keys whose tokens are minutes old.',
    expects: ['G11'],
  },
  {
    name: 'late-click-leads-nowhere',
    file: track,
    find: `    if (verdict.status !== 'good' && verdict.status !== 'expired') return refuse(verdict.status);`,
    replace: `    if (verdict.status !== 'good') return refuse(verdict.status);`,
    breaks: 'A link in a mail that is opened the day after leads nowhere.',
    expects: ['G11'],
  },
  {
    name: 'click-held-up-by-the-log',
    file: track,
    find: `      if (!isLogged) telemetry.count(metrics.clicksLost);`,
    replace: `      if (!isLogged) return notLogged;`,
    breaks: 'While the log is down nobody gets to the page behind an ad.',
    expects: ['G11'],
  },
  {
    name: 'robots-click',
    file: track,
    find: `(await logClick(marked(verdict.event, request), traced(request)));`,
    replace: `(await logClick(verdict.event, traced(request)));`,
    breaks: 'Crawlers that follow links count as people who clicked.',
    expects: ['G11'],
  },
];
