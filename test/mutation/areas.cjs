/**
 * The rooms of the house that are mutated, each with the tests that judge it: its own, so that what a test of something
 * else happens to notice does not count. A file belongs to the first area whose `code` has it. `least` is the score, in
 * per cent, below which the command fails; without one the area is only told.
 */
const indexCode =
  /^lib\/core\/ads\/catalog\/(bitmap-[^/]*|catalog|catalog-row|moment|order-by-instant|row-[^/]*|sorted-rows)\.ts$/;
const indexTests = /^test\/core\/ads\/catalog\/(catalog|order-by-instant|sorted-rows)\./;

exports.areas = [
  { name: 'lib/core/counters', code: /^lib\/core\/counters\//, tests: /^test\/core\/counters\//, least: 90 },
  // Its tests compare whole catalogs with a plain model, so that each survivor costs all of them, ten seconds.
  { name: 'lib/core/ads/catalog (the index)', code: indexCode, tests: indexTests, slow: true },
  {
    name: 'lib/core/ads',
    code: /^lib\/core\/ads\//,
    tests: /^test\/core\/ads\/(?!catalog\/(catalog|order-by-instant|sorted-rows)\.)/,
    least: 90,
  },
  // Names of streams are names of things outside, which a test could only repeat.
  { name: 'lib/core', code: /^lib\/core\/(?!streams)[^/]+$/, tests: /^test\/core\/[^/]+$/, least: 90 },
  ...['ads', 'audit', 'counters', 'quarantine', 'rate', 'rebuild', 'restore', 'tokens'].map((folder) => ({
    name: `lib/app/${folder}`,
    code: new RegExp(`^lib/app/${folder}/`),
    tests: new RegExp(`^test/app/${folder}/`),
  })),
  { name: 'lib/app', code: /^lib\/app\/[^/]+$/, tests: /^test\/(app\/[^/]+|contracts\/|functions\/[^/]+)$/ },
  {
    name: 'lib/adapters/lmdb',
    code: /^lib\/adapters\/lmdb\//,
    // Without those that kill processes or run several: they take seconds each and judge what the system does.
    tests: /^test\/adapters\/(lmdb(?!\S*(kill|two-processes))|expiry-sweep)/,
  },
  {
    name: 'lib/embedded/delivery',
    code: /^lib\/embedded\/delivery\//,
    tests: /^test\/embedded\/delivery\//,
  },
];

exports.areaOf = (file) => exports.areas.find(({ code }) => code.test(file));
