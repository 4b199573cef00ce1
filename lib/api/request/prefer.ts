export const waitSecondsMax = 10;

/** The preferences that mean something here (RFC 7240). */
export interface Preferences {
  readonly waitSeconds?: number;
  readonly representation?: true;
}

const lengthMax = 1000;
const preferencePattern =
  /^([!#$%&'*+.^_`|~0-9a-z-]+)(?:\s*=\s*(?:"([^"\\]*)"|([!#$%&'*+.^_`|~0-9a-z-]*)))?$/i;

/** What is malformed, unknown or out of range is ignored; of a preference given twice the first counts. */
export function parsePrefer(value: string | undefined): Preferences {
  if (value === undefined || value.length > lengthMax) return {};
  const seen = new Map<string, string>();
  for (const part of value.split(',')) {
    const match = preferencePattern.exec((part.split(';')[0] ?? '').trim());
    const name = match?.[1]?.toLowerCase();
    if (name !== undefined && !seen.has(name)) seen.set(name, match?.[2] ?? match?.[3] ?? '');
  }
  const wait = seen.get('wait') ?? '';
  const waitSeconds = /^[0-9]{1,2}$/.test(wait) ? Number(wait) : 0;
  return {
    ...(waitSeconds >= 1 && waitSeconds <= waitSecondsMax && { waitSeconds }),
    ...(seen.get('return')?.toLowerCase() === 'representation' && { representation: true as const }),
  };
}
