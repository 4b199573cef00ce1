import type { Defect } from '../defect.ts';

export const cdkDefects: readonly Defect[] = [
  {
    name: 'mapping-starts-at-latest',
    file: 'lib/infra/deliveries.ts',
    find: '    startingPosition: lambda.StartingPosition.TRIM_HORIZON,',
    replace: '    startingPosition: lambda.StartingPosition.LATEST,',
    breaks:
      'Records that are appended before a new or replaced mapping (or a new shard of it) begins to read are never delivered: acknowledged increments and ad changes are lost.',
  },
  {
    name: 'mapping-ignores-partial-failures',
    file: 'lib/infra/deliveries.ts',
    find: '    reportBatchItemFailures: true,',
    replace: '    reportBatchItemFailures: false,',
    breaks:
      'Lambda takes an answer with unsettled records for success and moves past them, so increments and ad changes are lost whenever DynamoDB fails for a moment.',
  },
  {
    name: 'silence-alarm-never-rings',
    file: 'lib/infra/alarms.ts',
    find: `    treatMissingData: silence
      ? cloudwatch.TreatMissingData.BREACHING
      : cloudwatch.TreatMissingData.NOT_BREACHING,`,
    replace: '    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,',
    breaks:
      'A sweep that is not invoked has no data points at all, so the alarm sweep-silent stays OK and ads whose schedule failed run on unnoticed.',
  },
  {
    name: 'api-errors-alarm-in-percent',
    file: 'lib/infra/alarm-table.ts',
    find: `      statistic: 'Average',
      threshold: 0.01,`,
    replace: `      statistic: 'Average',
      threshold: 1,`,
    breaks:
      'The share of errors goes from 0 to 1, so the alarm rings only when every single request fails instead of at 1%.',
  },
  {
    name: 'late-share-of-what-is-missing',
    file: 'lib/infra/alarms.ts',
    find: 'part / FILL(whole, 1), 0)',
    replace: 'part / whole, 0)',
    breaks:
      'When every impression is late and none is counted, the alarm of late impressions has no value and is silent.',
  },
  {
    name: 'authorizer-cache-in-minutes',
    file: 'lib/infra/rest-api.ts',
    find: '    resultsCacheTtl: Duration.seconds(settings.tokens.cacheSeconds),',
    replace: '    resultsCacheTtl: Duration.minutes(settings.tokens.cacheSeconds),',
    breaks:
      "API Gateway remembers an authorizer's answer for an hour instead of a minute, so a revoked or leaked token works for up to an hour.",
  },
  {
    name: 'quarantine-kept-as-long-as-logs',
    file: 'lib/infra/storage.ts',
    find: '          expiration: Duration.days(settings.quarantineRetentionDays + 1),',
    replace: '          expiration: Duration.days(settings.cloud.logRetentionDays),',
    breaks:
      "On dev and localstack S3 deletes quarantined records after 7 instead of 31 days and on staging a day before the skip item's redrive ends, so a redrive finds no bytes and the increment is lost; on prod user data stays 90 days.",
  },
  {
    name: 'quarantine-function-may-touch-whole-bucket',
    file: 'lib/infra/pipeline.ts',
    find: `    operating.allow(['s3:GetObject', 's3:DeleteObject'], [quarantine.arnForObjects(\`\${quarantinePrefix}*\`)]);`,
    replace: `    operating.allow(['s3:GetObject', 's3:DeleteObject'], [quarantine.arnForObjects('*')]);`,
    breaks:
      'The function behind a public API call may read and delete the failure files of the mappings too, the only copies of batches that were given up.',
  },
  {
    name: 'header-evades-the-web-acl',
    file: 'lib/infra/web-acl.ts',
    find: "    ...(counts === 'calls without Authorization' && { scopeDownStatement: withoutAuthorization }),",
    replace: '    scopeDownStatement: withoutAuthorization,',
    breaks:
      'With anything in the Authorization header an address calls without a limit, each call invokes the authorizer, and tokens can be guessed at full speed.',
  },
  {
    name: 'web-acl-below-one-token',
    file: 'lib/infra/address-limits.ts',
    find: 'const tokensPerAddress = 5;',
    replace: 'const tokensPerAddress = 1;',
    breaks: 'Two callers behind one address of an office cannot use the rates that their tokens promise.',
  },
  {
    name: 'reads-may-use-the-whole-rate',
    file: 'lib/infra/rest-api.ts',
    find: '  const options = methodOptions(settings, settings.cloud.readShare);',
    replace: '  const options = methodOptions(settings, 1);',
    breaks: 'A flood of one read uses the whole rate of the account, and increments get 429.',
  },
  {
    name: 'outages-counted-by-the-gateway',
    file: 'lib/infra/alarm-table.ts',
    find: `      metric: access(accessMetrics.errorAnswers),`,
    replace: `      metric: api('5XXError'),`,
    breaks:
      'API Gateway counts its own answers as 4XXError if their status was chosen, so a dead authorizer and exhausted concurrency ring no alarm.',
  },
  {
    name: 'bad-tokens-send-an-authorizer-back',
    file: 'lib/infra/releases.ts',
    find: '(errors - FILL(refused, 0)) / calls',
    replace: 'errors / calls',
    breaks:
      'Lambda counts a refused token as an error of the authorizer, so anybody with bad tokens sends each release back.',
  },
  {
    name: 'release-judged-by-all-versions',
    file: 'lib/infra/releases.ts',
    find: `      [metricDimensions.version]: version.version,
`,
    replace: '',
    breaks:
      'Nine tenths of the counted calls are those of the old version, so a new one whose answers all fail shows as a tenth at most, and an outage before it sends it back.',
  },
  {
    name: 'protection-stays-after-a-failed-creation',
    file: 'lib/infra/table-protection.ts',
    find: `        onDelete: protect(false),
`,
    replace: '',
    breaks:
      'The rollback of a first deployment cannot delete its tables, so the stack ends in ROLLBACK_FAILED and cannot be deployed again.',
  },
  {
    name: 'protection-ends-with-the-stage',
    file: 'lib/infra/table-protection.ts',
    find: `        removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
`,
    replace: '',
    breaks: 'Removing a stage switches off the protection of the tables that it leaves behind.',
  },
  {
    name: 'new-stores-outlive-a-failed-deployment',
    file: 'lib/infra/data-removal.ts',
    find: 'RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE',
    replace: 'RemovalPolicy.RETAIN',
    breaks:
      'Streams that a failed first deployment made stay, and their names are in the way of the next try.',
  },
  {
    name: 'edge-keeps-by-path-alone',
    file: 'lib/infra/edge-cache.ts',
    find: `query: query === 'any' ? 'none' : 'all'`,
    replace: `query: 'none'`,
    breaks: 'CloudFront answers a question for ads with the page of another question.',
  },
  {
    name: 'edge-is-gone-around',
    file: 'lib/infra/edge.ts',
    find: `if (edge.api !== 'open') closeApi(api, secret);`,
    replace: '',
    breaks: "The API's own address answers, past the web ACL that is before CloudFront.",
  },
  {
    name: 'edge-keeps-errors',
    file: 'lib/infra/edge.ts',
    find: '      errorResponses: errorStatuses.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),\n',
    replace: '',
    breaks: 'CloudFront answers 503 for ten seconds more after the API has recovered, and 404 for a new ad.',
  },
];
