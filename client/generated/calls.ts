// Made from the OpenAPI document by `npm run client:generate`: do not edit.
import type { Answer, CallOptions } from '../call-types.ts';
import type {
  Ad,
  AdExplanation,
  AdInput,
  AdList,
  AdPage,
  AdPatch,
  AdWritten,
  Counter,
  CounterSeries,
  Counters,
  Health,
  HotCounters,
  Increment,
  Increments,
  IncrementsTaken,
  Links,
  OpenApiDocument,
  QuarantinePage,
  Redrive,
  Redriven,
  Stats,
  Totals,
} from './schemas.ts';

export type CreateAdInput = {
  /** Your name for this request, 1 to 255 visible ASCII characters, bare or as a quoted string. The same key and request (preconditions included) within 24 hours takes effect once, and the answer is replayed. A refusal frees the key. */
  readonly idempotencyKey?: string | undefined;
  /** `wait=N`: wait up to N seconds, at most 10, until the write is applied. `return=representation`: a token per key. Anything else is ignored; `Preference-Applied` says what was applied. */
  readonly prefer?: string | undefined;
  readonly body: AdInput;
};

export type CreateAdAnswer =
  | Answer<
      201,
      AdWritten,
      'Location' | 'ETag' | 'Consistency-Token' | 'Preference-Applied' | 'Idempotent-Replayed'
    >
  | Answer<202, AdWritten, 'Location' | 'Consistency-Token' | 'Preference-Applied' | 'Idempotent-Replayed'>;

export type QueryAdsInput = {
  /** Ads for somebody of this age. Left out: does not filter. `unknown`: only ads that do not target age. */
  readonly age?: string | number | undefined;
  /** Ads for this country, of ISO 3166-1 or not: one that no ad names gets the ads for any country. Left out: does not filter. `unknown`: only ads that do not target country. */
  readonly country?: string | undefined;
  /** Ads for this gender. Left out: does not filter. `unknown`: only ads that do not target gender. */
  readonly gender?: 'M' | 'F' | 'unknown' | undefined;
  /** Ads for this platform. Left out: does not filter. `unknown`: only ads that do not target platform. */
  readonly platform?: 'android' | 'ios' | 'web' | 'unknown' | undefined;
  /** Matches to skip; 0 if left out. */
  readonly offset?: number | undefined;
  /** Ads per page. */
  readonly limit?: number | undefined;
  /** Up to 20 tokens of accepted writes of this stage, separated by commas, within the 16 KiB of all headers: the answer shows those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
  /** Go on only if one of these entity tags is that of the target as it is, else 412; `*`: if there is one. */
  readonly ifMatch?: string | undefined;
  /** Go on only if none of these entity tags is that of the target as it is; `*`: if there is none. A read is else answered 304, a change 412. */
  readonly ifNoneMatch?: string | undefined;
};

export type QueryAdsAnswer =
  | Answer<
      200,
      AdPage,
      'ETag' | 'Cache-Control' | 'Catalog-Version' | 'Catalog-Stale-Ms' | 'Consistency-Token'
    >
  | Answer<
      304,
      undefined,
      'ETag' | 'Cache-Control' | 'Catalog-Version' | 'Catalog-Stale-Ms' | 'Consistency-Token'
    >;

export type ExplainAdsInput = {
  /** Ads for somebody of this age. Left out: does not filter. `unknown`: only ads that do not target age. */
  readonly age?: string | number | undefined;
  /** Ads for this country, of ISO 3166-1 or not: one that no ad names gets the ads for any country. Left out: does not filter. `unknown`: only ads that do not target country. */
  readonly country?: string | undefined;
  /** Ads for this gender. Left out: does not filter. `unknown`: only ads that do not target gender. */
  readonly gender?: 'M' | 'F' | 'unknown' | undefined;
  /** Ads for this platform. Left out: does not filter. `unknown`: only ads that do not target platform. */
  readonly platform?: 'android' | 'ios' | 'web' | 'unknown' | undefined;
  /** The instant to explain; now if left out. A `+` must be percent-encoded. RFC 3339, or as Go, Java, Python and Ruby print a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly at?: string | undefined;
  /** The id of the ad. */
  readonly id?: string | undefined;
  /** Up to 20 tokens of accepted writes of this stage, separated by commas, within the 16 KiB of all headers: the answer shows those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type ExplainAdsAnswer = Answer<
  200,
  AdExplanation,
  'Cache-Control' | 'Catalog-Version' | 'Catalog-Stale-Ms' | 'Consistency-Token'
>;

export type GetAdInput = {
  /** The id of the ad. The client percent-encodes it. */
  readonly id: string;
  /** Up to 20 tokens of accepted writes of this stage, separated by commas, within the 16 KiB of all headers: the answer shows those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
  /** Go on only if one of these entity tags is that of the target as it is, else 412; `*`: if there is one. */
  readonly ifMatch?: string | undefined;
  /** Go on only if none of these entity tags is that of the target as it is; `*`: if there is none. A read is else answered 304, a change 412. */
  readonly ifNoneMatch?: string | undefined;
};

export type GetAdAnswer =
  Answer<200, Ad, 'ETag' | 'Cache-Control'> | Answer<304, undefined, 'ETag' | 'Cache-Control'>;

export type UpdateAdInput = {
  /** The id of the ad. The client percent-encodes it. */
  readonly id: string;
  /** Your name for this request, 1 to 255 visible ASCII characters, bare or as a quoted string. The same key and request (preconditions included) within 24 hours takes effect once, and the answer is replayed. A refusal frees the key. */
  readonly idempotencyKey?: string | undefined;
  /** Go on only if one of these entity tags is that of the target as it is, else 412; `*`: if there is one. */
  readonly ifMatch?: string | undefined;
  /** `wait=N`: wait up to N seconds, at most 10, until the write is applied. `return=representation`: a token per key. Anything else is ignored; `Preference-Applied` says what was applied. */
  readonly prefer?: string | undefined;
  /** Go on only if none of these entity tags is that of the target as it is; `*`: if there is none. A read is else answered 304, a change 412. */
  readonly ifNoneMatch?: string | undefined;
  readonly body: AdPatch;
};

export type UpdateAdAnswer =
  | Answer<200, AdWritten, 'ETag' | 'Consistency-Token' | 'Preference-Applied' | 'Idempotent-Replayed'>
  | Answer<202, AdWritten, 'Consistency-Token' | 'Preference-Applied' | 'Idempotent-Replayed'>;

export type DeleteAdInput = {
  /** The id of the ad. The client percent-encodes it. */
  readonly id: string;
  /** Go on only if one of these entity tags is that of the target as it is, else 412; `*`: if there is one. */
  readonly ifMatch?: string | undefined;
  /** `wait=N`: wait up to N seconds, at most 10, until the write is applied. `return=representation`: a token per key. Anything else is ignored; `Preference-Applied` says what was applied. */
  readonly prefer?: string | undefined;
  /** Go on only if none of these entity tags is that of the target as it is; `*`: if there is none. A read is else answered 304, a change 412. */
  readonly ifNoneMatch?: string | undefined;
};

export type DeleteAdAnswer =
  | Answer<202, AdWritten, 'Consistency-Token' | 'Preference-Applied'>
  | Answer<204, undefined, 'Consistency-Token' | 'Preference-Applied'>;

export type ListAdsInput = {
  /** Where the last page ended: its `next_cursor`. */
  readonly cursor?: string | undefined;
  /** Ads per page. */
  readonly limit?: number | undefined;
  /** Up to 20 tokens of accepted writes of this stage, separated by commas, within the 16 KiB of all headers: the answer shows those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type ListAdsAnswer = Answer<
  200,
  AdList,
  'Cache-Control' | 'Catalog-Version' | 'Catalog-Stale-Ms' | 'Consistency-Token'
>;

export type IncrementInput = {
  /** `eventual` (if left out): logged at once, counted within seconds. `sync`: counted before the answer. */
  readonly mode?: 'eventual' | 'sync' | undefined;
  /** Your name for this request, 1 to 255 visible ASCII characters, bare or as a quoted string. The same key and request (preconditions included) within 24 hours takes effect once, and the answer is replayed. A refusal frees the key. */
  readonly idempotencyKey?: string | undefined;
  readonly body: Increment;
};

export type IncrementAnswer =
  | Answer<200, Totals, 'Idempotent-Replayed'>
  | Answer<202, Totals, 'Consistency-Token' | 'Idempotent-Replayed'>;

export type GetTotalInput = {
  /** The counter. The client percent-encodes it. */
  readonly key: string;
  /** Up to 20 tokens of accepted writes of this stage, separated by commas, within the 16 KiB of all headers: the answer shows those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type GetTotalAnswer = Answer<200, Totals, 'Cache-Control'>;

export type IncrementManyInput = {
  /** Your name for this request, 1 to 255 visible ASCII characters, bare or as a quoted string. The same key and request (preconditions included) within 24 hours takes effect once, and the answer is replayed. A refusal frees the key. */
  readonly idempotencyKey?: string | undefined;
  /** `wait=N`: wait up to N seconds, at most 10, until the write is applied. `return=representation`: a token per key. Anything else is ignored; `Preference-Applied` says what was applied. */
  readonly prefer?: string | undefined;
  readonly body: Increments;
};

export type IncrementManyAnswer =
  | Answer<202, IncrementsTaken, 'Consistency-Token' | 'Preference-Applied' | 'Idempotent-Replayed'>
  | Answer<207, IncrementsTaken, 'Consistency-Token' | 'Preference-Applied' | 'Retry-After'>;

export type GetCounterInput = {
  /** The counter. The client percent-encodes it. */
  readonly key: string;
  /** Up to 20 tokens of accepted writes of this stage, separated by commas, within the 16 KiB of all headers: the answer shows those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type GetCounterAnswer = Answer<200, Counter, 'Cache-Control'>;

export type GetCounterSeriesInput = {
  /** The counter. The client percent-encodes it. */
  readonly key: string;
  /** How long each bucket is (UTC). A stage keeps some of them, each for its time. */
  readonly bucket: 'minute' | 'hour' | 'day';
  /** The first instant, in its bucket; if left out 60 minutes, 48 hours or 31 days before the end. At most 1500 buckets. RFC 3339, or as Go, Java, Python and Ruby print a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly from?: string | undefined;
  /** Buckets that begin before this instant; now if left out. RFC 3339, or as Go, Java, Python and Ruby print a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly to?: string | undefined;
  /** Up to 20 tokens of accepted writes of this stage, separated by commas, within the 16 KiB of all headers: the answer shows those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type GetCounterSeriesAnswer = Answer<200, CounterSeries, 'Cache-Control'>;

export type GetCountersInput = {
  /** The counters to read: `key=K&key=L`, up to 100 different ones. */
  readonly key?: readonly string[] | undefined;
  /** Use `GET /api/v1/hot-counters` instead; this goes with the next release. */
  readonly top?: number | undefined;
  /** Up to 20 tokens of accepted writes of this stage, separated by commas, within the 16 KiB of all headers: the answer shows those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type GetCountersAnswer = Answer<200, Counters, 'Cache-Control' | 'Deprecation' | 'Link'>;

export type GetHotCountersInput = {
  /** Counters per list; 20 if left out. */
  readonly limit?: number | undefined;
};

export type GetHotCountersAnswer = Answer<200, HotCounters, 'Cache-Control'>;

export type GetStatsInput = Readonly<Record<string, never>>;

export type GetStatsAnswer = Answer<200, Stats, 'Cache-Control'>;

export type ListQuarantineInput = {
  /** Where the last page ended: its `next_cursor`. */
  readonly cursor?: string | undefined;
  /** Records per page. */
  readonly limit?: number | undefined;
};

export type ListQuarantineAnswer = Answer<200, QuarantinePage, 'Cache-Control'>;

export type RedriveQuarantineInput = { readonly body: Redrive };

export type RedriveQuarantineAnswer = Answer<200, Redriven, 'Cache-Control'>;

export type GetRootInput = {
  /** Go on only if one of these entity tags is that of the target as it is, else 412; `*`: if there is one. */
  readonly ifMatch?: string | undefined;
  /** Go on only if none of these entity tags is that of the target as it is; `*`: if there is none. A read is else answered 304, a change 412. */
  readonly ifNoneMatch?: string | undefined;
};

export type GetRootAnswer =
  Answer<200, Links, 'Cache-Control' | 'ETag'> | Answer<304, undefined, 'Cache-Control' | 'ETag'>;

export type GetHealthInput = Readonly<Record<string, never>>;

export type GetHealthAnswer = Answer<200, Health, 'Cache-Control'>;

export type GetOpenApiInput = {
  /** Go on only if one of these entity tags is that of the target as it is, else 412; `*`: if there is one. */
  readonly ifMatch?: string | undefined;
  /** Go on only if none of these entity tags is that of the target as it is; `*`: if there is none. A read is else answered 304, a change 412. */
  readonly ifNoneMatch?: string | undefined;
};

export type GetOpenApiAnswer =
  Answer<200, OpenApiDocument, 'Cache-Control' | 'ETag'> | Answer<304, undefined, 'Cache-Control' | 'ETag'>;

export type GetDocsInput = {
  /** Go on only if one of these entity tags is that of the target as it is, else 412; `*`: if there is one. */
  readonly ifMatch?: string | undefined;
  /** Go on only if none of these entity tags is that of the target as it is; `*`: if there is none. A read is else answered 304, a change 412. */
  readonly ifNoneMatch?: string | undefined;
};

export type GetDocsAnswer =
  Answer<200, string, 'Cache-Control' | 'ETag'> | Answer<304, undefined, 'Cache-Control' | 'ETag'>;

export type GetConsoleInput = {
  /** Go on only if one of these entity tags is that of the target as it is, else 412; `*`: if there is one. */
  readonly ifMatch?: string | undefined;
  /** Go on only if none of these entity tags is that of the target as it is; `*`: if there is none. A read is else answered 304, a change 412. */
  readonly ifNoneMatch?: string | undefined;
};

export type GetConsoleAnswer =
  Answer<200, string, 'Cache-Control' | 'ETag'> | Answer<304, undefined, 'Cache-Control' | 'ETag'>;

export type GetIconInput = {
  /** Go on only if one of these entity tags is that of the target as it is, else 412; `*`: if there is one. */
  readonly ifMatch?: string | undefined;
  /** Go on only if none of these entity tags is that of the target as it is; `*`: if there is none. A read is else answered 304, a change 412. */
  readonly ifNoneMatch?: string | undefined;
};

export type GetIconAnswer =
  Answer<200, string, 'Cache-Control' | 'ETag'> | Answer<304, undefined, 'Cache-Control' | 'ETag'>;

/** Every call of the API. */
export interface Calls {
  /** Create an ad. Answers once the ad is logged; with `Prefer: wait=N` once it is applied, if that takes no longer than N seconds. Null for a field that may be left out means the same as leaving it out. */
  createAd(input: CreateAdInput, options?: CallOptions): Promise<CreateAdAnswer>;

  /** Find the active ads for an audience. The ads that are active now and match, by end and then by id. A parameter left out does not filter; `unknown` finds the ads that do not target that attribute. */
  queryAds(input?: QueryAdsInput, options?: CallOptions): Promise<QueryAdsAnswer>;

  /** Explain who sees what. How many live ads each condition leaves for an audience, and what excludes one of them, now or at an instant. For an instant in the past it knows only the ads that are still live. It looks at every ad. */
  explainAds(input?: ExplainAdsInput, options?: CallOptions): Promise<ExplainAdsAnswer>;

  /** Read one ad. Whether it has started or not; 404 from its end on. Always the current version. */
  getAd(input: GetAdInput, options?: CallOptions): Promise<GetAdAnswer>;

  /** Change an ad. A merge patch: only the fields named change, null clears an optional one, `{}` changes nothing. With `If-Match` the call waits up to 5 seconds by itself, so that a lost race is answered 412. */
  updateAd(input: UpdateAdInput, options?: CallOptions): Promise<UpdateAdAnswer>;

  /** Delete an ad. With `If-Match` the call waits up to 5 seconds by itself. */
  deleteAd(input: DeleteAdInput, options?: CallOptions): Promise<DeleteAdAnswer>;

  /** List all live ads. Those that have not started as well, by id. */
  listAds(input?: ListAdsInput, options?: CallOptions): Promise<ListAdsAnswer>;

  /** Add to a counter. Creates the counter if it is new. */
  increment(input: IncrementInput, options?: CallOptions): Promise<IncrementAnswer>;

  /** Read the total of a counter. What has been counted so far; with a Consistency-Token, that write included. */
  getTotal(input: GetTotalInput, options?: CallOptions): Promise<GetTotalAnswer>;

  /** Add to many counters. One faulty increment refuses them all. After a 207, send a request with an Idempotency-Key again whole; of one without, only what failed. The Consistency-Token header carries the tokens of all keys if those are at most 10 and 4,096 characters together; `Prefer: return=representation` gives them all in the body. */
  incrementMany(input: IncrementManyInput, options?: CallOptions): Promise<IncrementManyAnswer>;

  /** Read a counter. What has been counted so far; with a Consistency-Token, that write included. */
  getCounter(input: GetCounterInput, options?: CallOptions): Promise<GetCounterAnswer>;

  /** Read a counter over time. What was added in each minute, hour or day, by the instant of the POST; as exact as the total is. Minutes expire before hours and hours before days, which hold the same sums. */
  getCounterSeries(input: GetCounterSeriesInput, options?: CallOptions): Promise<GetCounterSeriesAnswer>;

  /** Read many counters. Those that exist, in the order asked for. `top=N` instead of keys answers as `GET /api/v1/hot-counters` does, for one more release. */
  getCounters(input?: GetCountersInput, options?: CallOptions): Promise<GetCountersAnswer>;

  /** Read the hottest counters. The keys that were given most: in the last minutes, by a sketch with its error; and in all, the exact totals of the keys that the sketches know. `mode=sync` is in both. The lists lag by seconds and take no Consistency-Token. */
  getHotCounters(input?: GetHotCountersInput, options?: CallOptions): Promise<GetHotCountersAnswer>;

  /** What the pipeline does at the moment. Rates, totals, freshness, how far behind each stream is, and the containers that read. The process of `npm start` knows itself exactly; a deployed stage asks CloudWatch, a minute or two late, and answers null where that does not know. */
  getStats(input?: GetStatsInput, options?: CallOptions): Promise<GetStatsAnswer>;

  /** List the quarantine. Records that could not be processed, with the reason, and without what they hold: `npm run quarantine -- show` shows that. */
  listQuarantine(input?: ListQuarantineInput, options?: CallOptions): Promise<ListQuarantineAnswer>;

  /** Give quarantined records their effect. Each takes effect once, however often it is asked for; so the call needs no Idempotency-Key. Says of each what became of it. */
  redriveQuarantine(input: RedriveQuarantineInput, options?: CallOptions): Promise<RedriveQuarantineAnswer>;

  /** Where to begin. Links, as a page for browsers, else as JSON. */
  getRoot(input?: GetRootInput, options?: CallOptions): Promise<GetRootAnswer>;

  /** Is it alive, and ready? 200 whenever it answers at all. */
  getHealth(input?: GetHealthInput, options?: CallOptions): Promise<GetHealthAnswer>;

  /** This API as an OpenAPI 3.1 document. Generated from the schemas that check the requests. */
  getOpenApi(input?: GetOpenApiInput, options?: CallOptions): Promise<GetOpenApiAnswer>;

  /** This API as a page. Works offline; calls can be tried on it. */
  getDocs(input?: GetDocsInput, options?: CallOptions): Promise<GetDocsAnswer>;

  /** The operators’ console. A page that shows what the pipeline does and lets its quarantine be redriven. It holds no figures itself: it asks the calls of this API, with the token that its user gives it. */
  getConsole(input?: GetConsoleInput, options?: CallOptions): Promise<GetConsoleAnswer>;

  /** The icon of the pages. A picture that scales. */
  getIcon(input?: GetIconInput, options?: CallOptions): Promise<GetIconAnswer>;
}
