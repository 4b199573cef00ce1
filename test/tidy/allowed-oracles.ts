/**
 * Functions of the product that an expectation may call, by the reason why no defect hides there. A name alone
 * is allowed everywhere, one after a file only in that file.
 */
export const allowedOracles: Readonly<Record<string, readonly string[]>> = {
  'makes or reads the name under which a thing is stored, and a test of its own writes that name out': [
    ...[
      'adKey',
      'chunkKey',
      'countKey',
      'headKey',
      'manifestKey',
      'markAttribute',
      'outcomeKey',
      'quarantineKey',
    ],
    ...[
      'controlKey',
      'controlChangeKey',
      'requestKey',
      'skipKey',
      'snapshotKey',
      'toPartitionKey',
      'laneName',
    ],
  ],
  'makes what goes in: the other side of the comparison is what the product made of it': [
    ...['formatToken', 'problemBody', 'toQuarantineJson', 'writeSnapshot', 'giveUpIncrement', 'groupRecords'],
    ...['endedKey', 'endedOnDayKey'].map((name) => `test/app/rebuild/rebuild.test.ts ${name}`),
    'test/app/counters/mark-hygiene-bounds.test.ts countClaimed',
    'test/app/counters/sync-conflicts.test.ts addSync',
    'test/app/audit/scheduled-audit.test.ts runScheduledAudit',
    'test/app/projection/projection.test.ts switchReaders',
    'test/app/projection/projection.test.ts dropProjection',
    'test/infra/pipeline.test.ts changedSettings',
    'test/client/batch/event-batcher.test.ts batchEvents',
    ...['signDecision', 'signLink', 'readToken'].map(
      (name) => `test/app/delivery/decision-signature.test.ts ${name}`,
    ),
    ...['changeToJson', 'encodeAdEvent', 'encodeSnapshot', 'keyedEventId', 'textHash'],
  ],
  'reads back what the product wrote, and a round trip or a test of its own holds the form': [
    'test/infra/permissions.test.ts readAdChanges',
    ...['adToRow', 'decodeAdEvent', 'manifestFromJson', 'parseAdRow', 'parseHead', 'readTrace'],
    ...['test/adapters/lmdb-codecs.test.ts writeVarint', 'test/core/ads/catalog/catalog.test.ts adToJson'],
    ...[
      'test/operator/audit-file.test.ts readAuditFile',
      'test/operator/disturbed-quarantine.test.ts readFailureFile',
    ],
  ],
  'is a form in which two states are compared; both sides of the comparison are in it': [
    ...['canonicalState', 'test/infra/pipeline.test.ts permissions'],
  ],
  'is data: settings, or the table of which a document or a stack is made, which test/doors writes out': [
    ...['stageSettings', 'routes', 'functionNames', 'inlineDocument', 'toJsonSchema', 'findRoute'],
    ...['headerTokensLengthMax', 'tools'],
  ],
  'is what a page of the documentation shows, or a file in the repository was made by': [
    'test/infra/adtally-package.test.ts idleMonth',
    ...['costComparison', 'costTable', 'generateClient', 'permissionTable', 'documentCalls', 'samples'],
  ],
  'is the slower of two implementations that are written apart and must agree': [
    ...['isIncrementedByReference', 'readByReference', 'readTrackedByReference'],
    ...['test/api/ad-query.test.ts adQuery', 'test/api/ad-query.test.ts readQuery'],
    ...[
      'test/api/instant-text.test.ts parseInstant',
      'test/core/counters/counter-key.test.ts counterKeyFault',
    ],
    'test/core/ads/catalog/ad-row-scanner.test.ts CatalogRow',
    'test/core/delivery/explain-decision.test.ts decide',
  ],
  'is compared with itself: the same input cut, repeated or spelled in another way': [
    ...['test/api/ad-query.test.ts parseAdQuery', 'test/embedded/http/request-head.test.ts readRequestHead'],
    ...[
      'test/core/ads/catalog/filter-shape.test.ts shapeOf',
      'test/core/counters/hot/spreading.test.ts jumpHash',
    ],
    'test/core/delivery/choose.property.test.ts decide',
    'test/core/delivery/goals/plan.test.ts rightsBy',
    ...[
      'test/embedded/delivery/mapping-read-ahead.test.ts laneOf',
      'test/embedded/trace/tracing.test.ts summariseTrace',
    ],
  ],
  'is a bound that other code reserves room by': [
    ...[
      'test/adapters/lmdb-codecs.test.ts encodedItemBytesMax',
      'test/core/counters/series.test.ts seriesItemsMax',
    ],
  ],
  'is held by a test of its own with every value written out (ad-bytes, decide), and here only counts along':
    [
      ...['test/core/ads/ad-state.test.ts adBytes', 'test/core/ads/ad-state.test.ts decide'],
      'test/core/ads/ad-state.test.ts changesOf',
      ...['test/core/ads/ad-state.test.ts evolve', 'test/simulation/audit/ad-model.test.ts decide'],
    ],
  'makes the plan whose figures are compared with numbers of the test': [
    'test/core/delivery/goals/plan.test.ts planAt',
  ],
  'is the subject itself, read into a map from which each figure is compared with a number of the test': [
    ...['nodejsFamilies', 'prometheusText', 'watchNode'].map(
      (name) => `test/embedded/metrics/node-figures.test.ts ${name}`,
    ),
  ],
  'is the subject, called again after a fault; what it answers is compared with words of the test': [
    'test/app/projection/projection.test.ts switchReaders',
    'test/app/projection/projection.test.ts dropProjection',
  ],
  'is the subject, whose answer is compared with figures of the test; the name is of what the test made it from':
    [
      ...['rotateSigningKeys', 'listSigningKeys'].map(
        (name) => `test/app/delivery/signing-keys.test.ts ${name}`,
      ),
      ...['test/operator/keys.test.ts keysCommand', 'test/operator/goals.test.ts goalsCommand'],
    ],
  'is a lock that is compared with a second one': ['test/embedded/data-folder-lock.test.ts lockDataFolder'],
};
