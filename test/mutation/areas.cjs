/**
 * Which tests judge which code: those of the same area, so that what a test of something else happens to notice does not
 * count. The first area that has the file is its own.
 */
const index =
  /core\/ads\/(ad-filter|bitmap|catalog|country-slots|filter-shape|moment|order-by-instant|row-|sorted-rows|totals-cache)/;
const areas = [
  { code: /core\/counters\//, tests: /core\/counters\// },
  { code: index, tests: index },
  { code: /core\/ads\//, tests: /core\/ads\// },
  { code: /core\/[^/]+$/, tests: /core\/[^/]+$/ },
];

const areaOf = (path, side) => areas.findIndex((area) => area[side].test(path));

exports.judges = (testPath, codePath) => areaOf(testPath, 'tests') === areaOf(codePath, 'code');
