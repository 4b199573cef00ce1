/** The body of POST /api/v1/ad for an ad that is on air at `nowMs` and for an hour more. */
export function newAdBody(nowMs: number): Record<string, unknown> {
  return {
    title: 'an ad for everyone',
    content: 'what it says',
    start_at: new Date(nowMs - 60_000).toISOString(),
    end_at: new Date(nowMs + 3_600_000).toISOString(),
  };
}
