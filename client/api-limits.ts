/** The API's limits (lib/api/counter-schemas.ts, import-schemas.ts, request/json-body.ts). */
export const entriesPerRequestMax = 500;
export const bytesPerRequestMax = 262_144;
