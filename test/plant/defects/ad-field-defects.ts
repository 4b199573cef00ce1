import type { Defect } from '../defect.ts';

const catalog = 'lib/core/ads/catalog/catalog.ts';
const scanner = 'lib/core/ads/catalog/ad-row-scanner.ts';
const content = 'lib/core/ads/ad-content.ts';
const schemas = 'lib/api/optional-field-schemas.ts';

/** Pause and the optional fields of ads: shown all the same, lost, mixed up, or accepted too early. */
export const adFieldDefects: readonly Defect[] = [
  {
    name: 'paused-ads-in-a-new-catalog',
    file: catalog,
    find: `    const shown = rows.some(({ paused }) => paused) ? rows.filter(({ paused }) => !paused) : rows;`,
    replace: `    const shown = rows;`,
    breaks: 'A container that starts serves paused ads.',
  },
  {
    name: 'paused-ads-after-a-change',
    file: catalog,
    find: `    const shownByEnd = orderByInstant(shown, ({ row }) => endOf(row)).rows;`,
    replace: `    const shownByEnd = orderByInstant(rows, ({ row }) => endOf(row)).rows;`,
    breaks: 'A container that learns of a pause serves the ad until its next start.',
  },
  {
    name: 'paused-ads-in-kept-totals',
    file: catalog,
    find: `      steps: appendStep(steps, { before: mark, changes: shown }),`,
    replace: `      steps: appendStep(steps, { before: mark, changes: rows }),`,
    breaks:
      'After a change of a paused ad, totals that are kept count it, and pages lack an ad that they promise.',
  },
  {
    name: 'pause-kept-from-the-row-before',
    file: scanner,
    find: `    this.paused = false;
    this.campaignId = undefined;
    this.hasGoal`,
    replace: `    this.campaignId = undefined;
    this.hasGoal`,
    breaks: 'After a cold start every ad that follows a paused one in the snapshot is hidden.',
  },
  {
    name: 'campaigns-told-apart-by-hash',
    file: 'lib/core/ads/catalog/shared-texts.ts',
    find: `    if (shared !== undefined && isEqual(shared.bytes, bytes, start, end)) return shared.text;`,
    replace: `    if (shared !== undefined) return shared.text;`,
    breaks: 'Of two campaigns whose hashes are equal, one takes the ads of the other.',
  },
  {
    name: 'metadata-replaced-by-a-patch',
    file: content,
    find: `  const merged = Object.entries({ ...metadata, ...patch }).filter(`,
    replace: `  const merged = Object.entries(patch).filter(`,
    breaks: 'A patch of one key of the metadata loses the others.',
  },
  {
    name: 'metadata-without-a-bound',
    file: content,
    find: `  if (metadataFault(content.metadata) !== undefined) return 'metadata-too-large';`,
    replace: ``,
    breaks:
      'Patch by patch, the metadata of an ad grow past every bound, and with them its items and answers.',
  },
  {
    name: 'other-metadata-called-unchanged',
    file: content,
    find: `  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));`,
    replace: `  return a === b || (typeof a === 'object' && typeof b === 'object');`,
    breaks: 'A change of metadata alone is answered as if it had been made, and is not.',
  },
  {
    name: 'pause-written-as-version-1',
    file: 'lib/app/ads/ad-event-codec.ts',
    find: `  if (deliveryFields.some((name) => content[name] !== undefined)) return event;`,
    replace: `  if (deliveryFields.some((name) => (content[name] ?? null) !== null)) return event;`,
    breaks: 'A projector of an older release passes over a resume, and the ad stays paused for ever.',
  },
  {
    name: 'fields-accepted-in-imports-too-early',
    file: 'functions/ingest-ads/import-ads.ts',
    find: `    if (faults.length > 0) return invalidRequest(faults);`,
    replace: ``,
    breaks:
      'In the middle of a deployment an import makes ads that functions of the older release cannot read.',
  },
  {
    name: 'password-in-a-click-url',
    file: schemas,
    find: `  if (url.username !== '' || url.password !== '')`,
    replace: `  if (url.username !== '')`,
    breaks: 'Every viewer of an ad is sent a password that somebody left in its URL.',
  },
  {
    name: 'url-kept-as-it-is-given',
    file: schemas,
    find: `      if (typeof read === 'object') return read.href;`,
    replace: `      if (typeof read === 'object') return given;`,
    breaks: 'The Location of a redirect has letters that a header cannot have, and the click fails.',
  },
  {
    name: 'paused-ads-listed-as-active',
    file: 'lib/core/ads/catalog/catalog-row.ts',
    find: `    if (this.paused) return 'paused';
    return`,
    replace: `    return`,
    breaks: 'The list of active ads has paused ones, and that of paused ads is empty.',
  },
  {
    name: 'generation-raised-by-every-goal',
    file: 'lib/core/ads/decide.ts',
    find: `  const isKept = (before % 2 === 1) === (goal !== undefined);`,
    replace: `  const isKept = goal === undefined && before % 2 === 0;`,
    breaks:
      'A goal that is only changed names a new ledger, and what was counted for the old one is forgotten.',
  },
  {
    name: 'generation-lost-without-goal',
    file: 'lib/core/ads/ad-row.ts',
    find: `  const optional = generation === undefined ? fields : { ...fields, generation };`,
    replace: `  const optional = ad.goal === undefined ? fields : { ...fields, generation };`,
    breaks:
      'A goal that comes back after a restart has the generation of the first, with its tokens and rights.',
  },
  {
    name: 'campaign-cap-without-campaign',
    file: content,
    find: `  if (content.frequency?.scope === 'campaign' && content.campaignId === undefined)
    return 'cap-without-campaign';`,
    replace: ``,
    breaks: 'A patch that removes the campaign leaves a cap that counts for nothing.',
  },
];
