/**
 * The flags that `npm start` gives Node (a test compares package.json). A young generation of three times 8
 * MB instead of three times 32: the process with a catalog of 100,000 ads then needs 210 MB instead of 330,
 * without more processor time (docs/performance.md).
 */
export const nodeFlags: readonly string[] = ['--max-semi-space-size=8'];
