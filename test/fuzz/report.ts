import type { FuzzReport } from './fuzz.ts';
import type { HttpReport } from './http/fuzz-http.ts';
import type { InsideReport } from './inside/fuzz-inside.ts';
import type { Failure } from './round.ts';

export function reportLines(report: FuzzReport): readonly string[] {
  const { http, inside, failures } = report;
  return [
    ...(http === undefined ? [] : httpLines(http)),
    ...inside.map(insideLine),
    ...failures.flatMap(failureLines),
    failures.length === 0 ? 'Nothing found.' : `${failures.length} found.`,
  ];
}

function httpLines({ tally, counters, ads, memoryMax }: HttpReport): readonly string[] {
  const rows = [...tally.answers].map(([kind, statuses]) => {
    const sum = [...statuses.values()].reduce((a, b) => a + b, 0);
    const by = [...statuses]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([status, count]) => `${status}: ${count}`);
    return `  ${kind.padEnd(13)} ${String(sum).padStart(9)}  ${by.join(', ')}`;
  });
  const over = [...tally.serverErrors].map(([name, count]) => `${name}: ${count}`).join(', ');
  const memory =
    memoryMax === undefined ? '' : `; server memory at most ${Math.round(memoryMax / 1024 ** 2)} MiB`;
  return [
    `http: ${tally.requests} requests of ${tally.kinds.size} sorts`,
    ...rows,
    `  5xx: ${over === '' ? 'none' : over}`,
    `  compared in the end: ${counters} counters, ${ads} ads${memory}`,
  ];
}

function insideLine({ area, cases, ends }: InsideReport): string {
  const counts = [...ends].map(([end, count]) => `${end}: ${count}`).join(', ');
  return `${area}: ${cases} cases; ${counts}`;
}

function failureLines({ area, message, replay, shown }: Failure): readonly string[] {
  return [
    `${area}: ${message}`,
    ...(replay === undefined ? [] : [`  again: ${replay}`]),
    ...(shown === '' ? [] : [`  ${shown}`]),
  ];
}

export function reportObject({ http, inside, failures }: FuzzReport): object {
  return {
    ...(http && {
      http: {
        requests: http.tally.requests,
        answers: Object.fromEntries(
          [...http.tally.answers].map(([kind, by]) => [kind, Object.fromEntries(by)]),
        ),
        sorts: Object.fromEntries(http.tally.kinds),
        serverErrors: Object.fromEntries(http.tally.serverErrors),
        counters: http.counters,
        ads: http.ads,
        memoryMax: http.memoryMax,
      },
    }),
    ...Object.fromEntries(
      inside.map(({ area, cases, ends }) => [area, { cases, ends: Object.fromEntries(ends) }]),
    ),
    failures,
  };
}
