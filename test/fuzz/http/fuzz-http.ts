import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { SharedDocument } from '../../../lib/api/document/share-components.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { readProcessFacts } from '../../load/process/process-facts.ts';
import type { FuzzOptions } from '../options.ts';
import { runRound, type Failure } from '../round.ts';
import { ApiDocument } from './api-document.ts';
import { Books } from './books.ts';
import type { Draft } from './draft.ts';
import { auditLog, compareState } from './final-check.ts';
import { hostileDrafts } from './hostile-drafts.ts';
import { Lane } from './lane.ts';
import { nearlyValidDrafts } from './nearly-drafts.ts';
import { Pools } from './pools.ts';
import { Reader } from './reader.ts';
import { showFinding } from './show.ts';
import { Tally } from './tally.ts';
import { validDrafts } from './valid-drafts.ts';
import { smuggledKey, wireCases, type WireCase } from './wire-cases.ts';

export interface HttpReport {
  readonly tally: Tally;
  readonly failures: readonly Failure[];
  readonly counters: number;
  readonly ads: number;
  /** Of the server, bytes without mapped files; undefined: not ours to look at. */
  readonly memoryMax: number | undefined;
}

export type HttpOptions = Pick<FuzzOptions, 'url' | 'token' | 'seed' | 'round' | 'path'> & {
  readonly seconds: number;
  /** Default: as many as there is time for. */
  readonly cases?: number;
  /** Ends the run early; default: it ends after five failures. */
  readonly isEnough?: (found: Failure) => boolean;
  /** For tests: requests go here, and what is compared in the end is read from the server itself. */
  readonly through?: (server: URL) => Promise<URL>;
  readonly shrinkMs?: number;
};

/** Clients at a time: enough that those who wait for a token from the future hold nobody up. */
const lanesMax = 6;
const casesPerRound = 200;
const failuresMax = 5;

/** A server that needs more than this for requests of a few at a time holds on to something. */
const memoryBytesMax = 1024 ** 3;
const memoryLookMs = 1000;

type Case =
  { readonly type: 'draft'; readonly draft: Draft } | { readonly type: 'wire'; readonly wire: WireCase };

/** Rejects when the server cannot be started or reached. */
export async function fuzzHttp(options: HttpOptions): Promise<HttpReport> {
  if (options.url !== undefined) return fuzzServer(options.url, options, undefined);
  const folder = await mkdtemp(join(tmpdir(), 'adtally-fuzz-'));
  const server = new ServerProcess({ folder });
  try {
    const report = await fuzzServer(await server.ready, options, server);
    const alive = server.alive;
    const output = server.output;
    const { code } = await server.stop();
    const faults = [
      ...(alive ? [] : [`the server ended by itself: ${output}`]),
      ...(alive && code !== 0 ? [`the server stopped with ${code ?? 'a signal'}: ${output}`] : []),
      ...(await auditLog(folder, report.books)),
    ];
    return { ...report, failures: [...report.failures, ...faults.map(inTheEnd)] };
  } finally {
    if (server.alive) await server.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

async function fuzzServer(
  server: URL,
  { token, seed, round, path, seconds, cases: casesMax = Infinity, isEnough, through, shrinkMs }: HttpOptions,
  own: ServerProcess | undefined,
): Promise<HttpReport & { readonly books: Books }> {
  const reader = new Reader(server, token);
  const document = new ApiDocument((await reader.get('/openapi.json')) as SharedDocument);
  const books = new Books(document);
  books.account(smuggledKey, 'hidden behind a request');
  const tally = new Tally();
  const url = (await through?.(server)) ?? server;
  const foreignAds = await reader.ads();
  const cases = allCases(document);
  const untilMs = performance.now() + seconds * 1000;
  const failures: Failure[] = [];
  const memory = watchMemory(own);
  const unread = own === undefined ? (key: string) => reader.total(key) : undefined;
  const runId = Date.now().toString(36);

  const isOver = (): boolean =>
    performance.now() > untilMs || failures.length >= failuresMax || failures.some((one) => isEnough?.(one));
  const runLane = async (first: number, step: number): Promise<void> => {
    let casesLeft = Math.ceil(casesMax / step);
    for (let number = first; !isOver() && casesLeft > 0; number += step) {
      const roundCases = Math.min(casesPerRound, casesLeft);
      casesLeft -= roundCases;
      const headers = token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const];
      const pools = new Pools({ keyPrefix: `${runId}-${number}`, headers });
      for (const id of myAds.get(first) ?? []) pools.learn('id', id);
      const lane = new Lane({ url, document, books, tally, pools, ...(unread && { unread }) });
      const run = async (one: Case): Promise<void> => {
        if (one.type === 'wire') await lane.send(one.wire);
        else await lane.ask(one.draft);
      };
      const show = (_one: unknown, error: unknown): string => showFinding(error, url);
      const drawn = {
        area: 'http',
        seed,
        round: number,
        path,
        cases: roundCases,
        arbitrary: cases,
      } as const;
      const failure = await runRound({
        ...drawn,
        run,
        untilMs,
        show,
        ...(shrinkMs !== undefined && { shrinkMs }),
      });
      lane.close();
      myAds.set(first, pools.known('id'));
      if (failure !== undefined) failures.push(failure);
      if (round !== undefined) break;
    }
  };
  // An ad belongs to the lane that made it: only so it is known in which order it changed.
  const myAds = new Map<number, readonly string[]>();
  const lanes = round === undefined ? lanesMax : 1;
  await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(round ?? lane, lanes)));

  const ends: string[] = [];
  if (own?.alive !== false) {
    await reader.untilIdle();
    ends.push(...(await compareState(books, reader, foreignAds)));
  }
  const memoryMax = memory();
  if (memoryMax !== undefined && memoryMax > memoryBytesMax) {
    ends.push(`the server held ${Math.round(memoryMax / 1024 ** 2)} MiB`);
  }
  return {
    tally,
    books,
    failures: [...failures, ...ends.map(inTheEnd)],
    counters: books.accounts.size,
    ads: books.ads.size,
    memoryMax,
  };
}

function allCases(document: ApiDocument): fc.Arbitrary<Case> {
  const of = (make: typeof validDrafts): fc.Arbitrary<Case> =>
    fc
      .oneof(
        ...document.calls.map((call) => ({ weight: weightOf(call.method), arbitrary: make(document, call) })),
      )
      .map((draft) => ({ type: 'draft', draft }));
  return fc.oneof(
    { weight: 4, arbitrary: of(validDrafts) },
    { weight: 8, arbitrary: of(nearlyValidDrafts) },
    { weight: 5, arbitrary: of(hostileDrafts) },
    { weight: 3, arbitrary: wireCases(document).map((wire): Case => ({ type: 'wire', wire })) },
  );
}

/** Writes have the most to get wrong. */
function weightOf(method: string): number {
  return method === 'POST' || method === 'PATCH' ? 4 : 1;
}

function inTheEnd(message: string): Failure {
  return { area: 'http', message, replay: undefined, shown: '' };
}

/** Call what it returns to stop, and to learn the most that was seen. */
function watchMemory(server: ServerProcess | undefined): () => number | undefined {
  if (server === undefined) return () => undefined;
  let most = 0;
  const look = (): void => {
    most = Math.max(most, readProcessFacts(server.pid)?.anonymous ?? 0);
  };
  const timer = setInterval(look, memoryLookMs);
  return () => {
    clearInterval(timer);
    look();
    return most === 0 ? undefined : most;
  };
}
