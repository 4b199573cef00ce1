/**
 * What `npm start` gives Node (a test compares package.json). A young generation of three times 8 MB instead
 * of three times 32: a catalog of 100,000 ads then takes 210 MB instead of 330, for no more processor time
 * (docs/performance.md).
 */
export const nodeFlags: readonly string[] = ['--max-semi-space-size=8'];
