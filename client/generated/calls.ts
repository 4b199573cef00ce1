// Generated from the OpenAPI document by `npm run client:generate`: do not edit.
import type { Answer, CallOptions } from '../call-types.ts';
import type {
  Ad,
  AdExplanation,
  AdInput,
  AdList,
  AdPage,
  AdPatch,
  AdWritten,
  AdsImport,
  AdsImported,
  Callers,
  CampaignDelivery,
  Counter,
  CounterSeries,
  Counters,
  DecisionExplanation,
  DecisionInput,
  DecisionQuestion,
  Decisions,
  Delivery,
  EventsInput,
  EventsTaken,
  Health,
  HotCounters,
  Increment,
  Increments,
  IncrementsTaken,
  Links,
  ManySeries,
  OpenApiDocument,
  QuarantinePage,
  Redrive,
  Redriven,
  Stats,
  Totals,
  Usage,
} from './schemas.ts';

export type CreateAdInput = {
  /** Your name for this request: 1 to 255 visible ASCII characters, quoted or not. The same request with the same key takes effect once within 24 hours; repeats get the first answer. A refused request frees its key. Preconditions are part of the request. */
  readonly idempotencyKey?: string | undefined;
  /** `wait=N`: wait up to N seconds, at most 10, until the write is applied. `return=representation`: return a token per key. `return=minimal`: answer an increment with `mode=sync` 204, without its total. Other preferences are ignored; `Preference-Applied` names those applied. */
  readonly prefer?: string | undefined;
  readonly body: AdInput;
};

export type CreateAdAnswer = Answer<
  201 | 202,
  AdWritten,
  'Location' | 'ETag' | 'Consistency-Token' | 'Preference-Applied' | 'Idempotent-Replayed'
>;

export type QueryAdsInput = {
  /** Ads for a person of this age. If missing, it does not filter. `unknown`: only ads that do not target age. */
  readonly age?: string | number | undefined;
  /** Ads for this country. The code need not be in ISO 3166-1; one that no ad targets gets the ads for all countries. If missing, it does not filter. `unknown`: only ads that do not target country. */
  readonly country?: string | undefined;
  /** Ads for this gender. If missing, it does not filter. `unknown`: only ads that do not target gender. */
  readonly gender?: 'M' | 'F' | 'unknown' | undefined;
  /** Ads for this platform. If missing, it does not filter. `unknown`: only ads that do not target platform. */
  readonly platform?: 'android' | 'ios' | 'web' | 'unknown' | undefined;
  /** Matches to skip; default 0. */
  readonly offset?: number | undefined;
  /** Ads per page. */
  readonly limit?: number | undefined;
  /** `strong`: the answer shows every change that was applied when the call arrived, or is 503. `eventual` (default): it may be older, by a second in most stages. */
  readonly consistency?: 'strong' | 'eventual' | undefined;
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
  /** Proceed only if the target has one of these entity tags, otherwise 412. `*`: if the target exists. */
  readonly ifMatch?: string | undefined;
  /** Proceed only if the target has none of these entity tags, otherwise 304 for a read and 412 for a change. `*`: if the target does not exist. */
  readonly ifNoneMatch?: string | undefined;
};

export type QueryAdsAnswer = Answer<
  200,
  AdPage,
  'ETag' | 'Cache-Control' | 'Catalog-Version' | 'Catalog-Stale-Ms' | 'Consistency-Token'
>;

export type QueryAdsAnyAnswer =
  | QueryAdsAnswer
  | Answer<
      304,
      undefined,
      'ETag' | 'Cache-Control' | 'Catalog-Version' | 'Catalog-Stale-Ms' | 'Consistency-Token'
    >;

export type ExplainAdsInput = {
  /** Ads for a person of this age. If missing, it does not filter. `unknown`: only ads that do not target age. */
  readonly age?: string | number | undefined;
  /** Ads for this country. The code need not be in ISO 3166-1; one that no ad targets gets the ads for all countries. If missing, it does not filter. `unknown`: only ads that do not target country. */
  readonly country?: string | undefined;
  /** Ads for this gender. If missing, it does not filter. `unknown`: only ads that do not target gender. */
  readonly gender?: 'M' | 'F' | 'unknown' | undefined;
  /** Ads for this platform. If missing, it does not filter. `unknown`: only ads that do not target platform. */
  readonly platform?: 'android' | 'ios' | 'web' | 'unknown' | undefined;
  /** The instant to explain; default now. Percent-encode a `+`. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly at?: string | undefined;
  /** The id of the ad. */
  readonly id?: string | undefined;
  /** `strong`: the answer shows every change that was applied when the call arrived, or is 503. `eventual` (default): it may be older, by a second in most stages. */
  readonly consistency?: 'strong' | 'eventual' | undefined;
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
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
  /** `ended`: also an ad that has ended, as long as the stage keeps it (90 days unless it was changed). Default: 404 from the end on. */
  readonly include?: 'ended' | undefined;
  /** Changes nothing: this read is always `strong`. */
  readonly consistency?: 'strong' | 'eventual' | undefined;
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
  /** Proceed only if the target has one of these entity tags, otherwise 412. `*`: if the target exists. */
  readonly ifMatch?: string | undefined;
  /** Proceed only if the target has none of these entity tags, otherwise 304 for a read and 412 for a change. `*`: if the target does not exist. */
  readonly ifNoneMatch?: string | undefined;
};

export type GetAdAnswer = Answer<200, Ad, 'ETag' | 'Cache-Control'>;

export type GetAdAnyAnswer = GetAdAnswer | Answer<304, undefined, 'ETag' | 'Cache-Control'>;

export type UpdateAdInput = {
  /** The id of the ad. The client percent-encodes it. */
  readonly id: string;
  /** Your name for this request: 1 to 255 visible ASCII characters, quoted or not. The same request with the same key takes effect once within 24 hours; repeats get the first answer. A refused request frees its key. Preconditions are part of the request. */
  readonly idempotencyKey?: string | undefined;
  /** Proceed only if the target has one of these entity tags, otherwise 412. `*`: if the target exists. */
  readonly ifMatch?: string | undefined;
  /** `wait=N`: wait up to N seconds, at most 10, until the write is applied. `return=representation`: return a token per key. `return=minimal`: answer an increment with `mode=sync` 204, without its total. Other preferences are ignored; `Preference-Applied` names those applied. */
  readonly prefer?: string | undefined;
  /** Proceed only if the target has none of these entity tags, otherwise 304 for a read and 412 for a change. `*`: if the target does not exist. */
  readonly ifNoneMatch?: string | undefined;
  readonly body: AdPatch;
};

export type UpdateAdAnswer = Answer<
  200 | 202,
  AdWritten,
  'ETag' | 'Consistency-Token' | 'Preference-Applied' | 'Idempotent-Replayed'
>;

export type DeleteAdInput = {
  /** The id of the ad. The client percent-encodes it. */
  readonly id: string;
  /** Proceed only if the target has one of these entity tags, otherwise 412. `*`: if the target exists. */
  readonly ifMatch?: string | undefined;
  /** `wait=N`: wait up to N seconds, at most 10, until the write is applied. `return=representation`: return a token per key. `return=minimal`: answer an increment with `mode=sync` 204, without its total. Other preferences are ignored; `Preference-Applied` names those applied. */
  readonly prefer?: string | undefined;
  /** Proceed only if the target has none of these entity tags, otherwise 304 for a read and 412 for a change. `*`: if the target does not exist. */
  readonly ifNoneMatch?: string | undefined;
};

export type DeleteAdAnswer = Answer<202, AdWritten, 'Consistency-Token' | 'Preference-Applied'>;

export type DeleteAdAnyAnswer =
  DeleteAdAnswer | Answer<204, undefined, 'Consistency-Token' | 'Preference-Applied'>;

export type ImportAdsInput = {
  /** Your name for this request: 1 to 255 visible ASCII characters, quoted or not. The same request with the same key takes effect once within 24 hours; repeats get the first answer. A refused request frees its key. Preconditions are part of the request. */
  readonly idempotencyKey?: string | undefined;
  /** `wait=N`: wait up to N seconds, at most 10, until the write is applied. `return=representation`: return a token per key. `return=minimal`: answer an increment with `mode=sync` 204, without its total. Other preferences are ignored; `Preference-Applied` names those applied. */
  readonly prefer?: string | undefined;
  readonly body: AdsImport;
};

export type ImportAdsAnswer = Answer<
  200 | 202 | 207,
  AdsImported,
  'Consistency-Token' | 'Preference-Applied' | 'Idempotent-Replayed' | 'Retry-After'
>;

export type ListAdsInput = {
  /** The `next_cursor` of the previous page. */
  readonly cursor?: string | undefined;
  /** Ads per page. */
  readonly limit?: number | undefined;
  /** `paused`: live ads that are paused; of the others, `scheduled`: those that have not started, `active`: those that have. `ended`: ads that have ended, a list of its own. */
  readonly status?: 'scheduled' | 'active' | 'paused' | 'ended' | undefined;
  /** Ads for this country. The code need not be in ISO 3166-1; one that no ad targets gets the ads for all countries. If missing, it does not filter. `unknown`: only ads that do not target country. */
  readonly country?: string | undefined;
  /** How the title begins, upper and lower case told apart. */
  readonly title?: string | undefined;
  /** The ad's name in your own system, which no other live ad has. */
  readonly external_id?: string | undefined;
  /** The campaign that the ad belongs to. */
  readonly campaign_id?: string | undefined;
  /** `strong`: the answer shows every change that was applied when the call arrived, or is 503. `eventual` (default): it may be older, by a second in most stages. */
  readonly consistency?: 'strong' | 'eventual' | undefined;
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type ListAdsAnswer = Answer<
  200,
  AdList,
  'Cache-Control' | 'Catalog-Version' | 'Catalog-Stale-Ms' | 'Consistency-Token' | 'Next-Cursor'
>;

export type DecideInput = {
  /** Your name for this request: 1 to 255 visible ASCII characters, quoted or not. The same request with the same key takes effect once within 24 hours; repeats get the first answer. A refused request frees its key. Preconditions are part of the request. */
  readonly idempotencyKey?: string | undefined;
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
  readonly body: DecisionInput;
};

export type DecideAnswer = Answer<
  200,
  Decisions,
  | 'Cache-Control'
  | 'Catalog-Version'
  | 'Catalog-Stale-Ms'
  | 'Consistency-Token'
  | 'Delivery-Degraded'
  | 'Idempotent-Replayed'
>;

export type ExplainDecisionInput = {
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
  readonly body: DecisionQuestion;
};

export type ExplainDecisionAnswer = Answer<
  200,
  DecisionExplanation,
  'Cache-Control' | 'Catalog-Version' | 'Catalog-Stale-Ms' | 'Consistency-Token'
>;

export type TrackEventsInput = { readonly body: EventsInput };

export type TrackEventsAnswer = Answer<202 | 207, EventsTaken, 'Consistency-Token' | 'Retry-After'>;

export type GetAdDeliveryInput = {
  /** The id of the ad. The client percent-encodes it. */
  readonly id: string;
  /** The length of each bucket (UTC). A stage keeps some lengths, each for a limited time. */
  readonly bucket: 'minute' | 'hour' | 'day';
  /** An instant in the first bucket; default 60 minutes, 48 hours or 31 days before the end. At most 1500 buckets. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly from?: string | undefined;
  /** The end: buckets that begin before this instant; default now. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly to?: string | undefined;
  /** Changes nothing: this read is always `strong`. */
  readonly consistency?: 'strong' | 'eventual' | undefined;
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type GetAdDeliveryAnswer = Answer<200, Delivery, 'Cache-Control'>;

export type GetCampaignDeliveryInput = {
  /** The campaign that the ad belongs to. */
  readonly campaign_id: string;
  /** `ended`: the ads that have ended, as long as the stage keeps them. Default: the live ones. */
  readonly status?: 'ended' | undefined;
  /** The `next_cursor` of the previous page. */
  readonly cursor?: string | undefined;
  /** Ads per page; default 20. */
  readonly limit?: number | undefined;
  /** Changes nothing: this read is always `strong`. */
  readonly consistency?: 'strong' | 'eventual' | undefined;
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type GetCampaignDeliveryAnswer = Answer<200, CampaignDelivery, 'Cache-Control'>;

export type IncrementInput = {
  /** `eventual`: logged before the answer, counted within seconds. `sync`: counted before the answer. The default is a setting of the stage, `eventual` unless it was changed. */
  readonly mode?: 'eventual' | 'sync' | undefined;
  /** Your name for this request: 1 to 255 visible ASCII characters, quoted or not. The same request with the same key takes effect once within 24 hours; repeats get the first answer. A refused request frees its key. Preconditions are part of the request. */
  readonly idempotencyKey?: string | undefined;
  /** `wait=N`: wait up to N seconds, at most 10, until the write is applied. `return=representation`: return a token per key. `return=minimal`: answer an increment with `mode=sync` 204, without its total. Other preferences are ignored; `Preference-Applied` names those applied. */
  readonly prefer?: string | undefined;
  readonly body: Increment;
};

export type IncrementAnswer = Answer<200 | 202, Totals, 'Idempotent-Replayed' | 'Consistency-Token'>;

export type IncrementAnyAnswer =
  IncrementAnswer | Answer<204, undefined, 'Preference-Applied' | 'Idempotent-Replayed'>;

export type GetTotalInput = {
  /** The counter. The client percent-encodes it. */
  readonly key: string;
  /** Changes nothing: this read is always `strong`. */
  readonly consistency?: 'strong' | 'eventual' | undefined;
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type GetTotalAnswer = Answer<200, Totals, 'Cache-Control'>;

export type IncrementManyInput = {
  /** Your name for this request: 1 to 255 visible ASCII characters, quoted or not. The same request with the same key takes effect once within 24 hours; repeats get the first answer. A refused request frees its key. Preconditions are part of the request. */
  readonly idempotencyKey?: string | undefined;
  /** `wait=N`: wait up to N seconds, at most 10, until the write is applied. `return=representation`: return a token per key. `return=minimal`: answer an increment with `mode=sync` 204, without its total. Other preferences are ignored; `Preference-Applied` names those applied. */
  readonly prefer?: string | undefined;
  readonly body: Increments;
};

export type IncrementManyAnswer = Answer<
  202 | 207,
  IncrementsTaken,
  'Consistency-Token' | 'Preference-Applied' | 'Idempotent-Replayed' | 'Retry-After'
>;

export type GetCounterInput = {
  /** The counter. The client percent-encodes it. */
  readonly key: string;
  /** Changes nothing: this read is always `strong`. */
  readonly consistency?: 'strong' | 'eventual' | undefined;
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type GetCounterAnswer = Answer<200, Counter, 'Cache-Control'>;

export type GetCounterSeriesInput = {
  /** The counter. The client percent-encodes it. */
  readonly key: string;
  /** The length of each bucket (UTC). A stage keeps some lengths, each for a limited time. */
  readonly bucket: 'minute' | 'hour' | 'day';
  /** An instant in the first bucket; default 60 minutes, 48 hours or 31 days before the end. At most 1500 buckets. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly from?: string | undefined;
  /** The end: buckets that begin before this instant; default now. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly to?: string | undefined;
  /** Changes nothing: this read is always `strong`. */
  readonly consistency?: 'strong' | 'eventual' | undefined;
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type GetCounterSeriesAnswer = Answer<200, CounterSeries, 'Cache-Control'>;

export type GetCountersInput = {
  /** The counters to read: `key=K&key=L`, up to 100 different ones. */
  readonly key?: readonly string[] | undefined;
  /** Deprecated: use `GET /api/v1/hot-counters`. The next release removes this. */
  readonly top?: number | undefined;
  /** Changes nothing: this read is always `strong`. */
  readonly consistency?: 'strong' | 'eventual' | undefined;
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type GetCountersAnswer = Answer<200, Counters, 'Cache-Control' | 'Deprecation' | 'Link'>;

export type GetSeriesInput = {
  /** The counters to read: `key=K&key=L`, up to 50 different ones. */
  readonly key: readonly string[];
  /** The length of each bucket (UTC). A stage keeps some lengths, each for a limited time. */
  readonly bucket: 'minute' | 'hour' | 'day';
  /** An instant in the first bucket; default 60 minutes, 48 hours or 31 days before the end. At most 1500 buckets, and 15000 divided by the number of keys. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly from?: string | undefined;
  /** The end: buckets that begin before this instant; default now. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly to?: string | undefined;
  /** Changes nothing: this read is always `strong`. */
  readonly consistency?: 'strong' | 'eventual' | undefined;
  /** Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503. */
  readonly consistencyToken?: string | undefined;
};

export type GetSeriesAnswer = Answer<200, ManySeries, 'Cache-Control'>;

export type GetHotCountersInput = {
  /** Counters per list; default 20. */
  readonly limit?: number | undefined;
};

export type GetHotCountersAnswer = Answer<200, HotCounters, 'Cache-Control'>;

export type GetStatsInput = Readonly<Record<string, never>>;

export type GetStatsAnswer = Answer<200, Stats, 'Cache-Control'>;

export type ListQuarantineInput = {
  /** The `next_cursor` of the previous page. */
  readonly cursor?: string | undefined;
  /** Records per page. */
  readonly limit?: number | undefined;
};

export type ListQuarantineAnswer = Answer<200, QuarantinePage, 'Cache-Control'>;

export type RedriveQuarantineInput = { readonly body: Redrive };

export type RedriveQuarantineAnswer = Answer<200, Redriven, 'Cache-Control'>;

export type GetUsageInput = {
  /** How many days; default 7. */
  readonly days?: number | undefined;
  /** The last day (UTC); default today. */
  readonly to?: string | undefined;
};

export type GetUsageAnswer = Answer<200, Usage, 'Cache-Control'>;

export type ListCallersInput = {
  /** The day (UTC); default today. */
  readonly day?: string | undefined;
  /** The `next_cursor` of the previous page. */
  readonly cursor?: string | undefined;
  /** Callers per page; default 50. */
  readonly limit?: number | undefined;
};

export type ListCallersAnswer = Answer<200, Callers, 'Cache-Control'>;

export type GetRootInput = {
  /** Proceed only if the target has one of these entity tags, otherwise 412. `*`: if the target exists. */
  readonly ifMatch?: string | undefined;
  /** Proceed only if the target has none of these entity tags, otherwise 304 for a read and 412 for a change. `*`: if the target does not exist. */
  readonly ifNoneMatch?: string | undefined;
};

export type GetRootAnswer = Answer<200, Links, 'Cache-Control' | 'ETag'>;

export type GetRootAnyAnswer = GetRootAnswer | Answer<304, undefined, 'Cache-Control' | 'ETag'>;

export type GetHealthInput = Readonly<Record<string, never>>;

export type GetHealthAnswer = Answer<200, Health, 'Cache-Control'>;

export type GetOpenApiInput = {
  /** Proceed only if the target has one of these entity tags, otherwise 412. `*`: if the target exists. */
  readonly ifMatch?: string | undefined;
  /** Proceed only if the target has none of these entity tags, otherwise 304 for a read and 412 for a change. `*`: if the target does not exist. */
  readonly ifNoneMatch?: string | undefined;
};

export type GetOpenApiAnswer = Answer<200, OpenApiDocument, 'Cache-Control' | 'ETag'>;

export type GetOpenApiAnyAnswer = GetOpenApiAnswer | Answer<304, undefined, 'Cache-Control' | 'ETag'>;

export type GetDocsInput = {
  /** Proceed only if the target has one of these entity tags, otherwise 412. `*`: if the target exists. */
  readonly ifMatch?: string | undefined;
  /** Proceed only if the target has none of these entity tags, otherwise 304 for a read and 412 for a change. `*`: if the target does not exist. */
  readonly ifNoneMatch?: string | undefined;
};

export type GetDocsAnswer = Answer<200, string, 'Cache-Control' | 'ETag'>;

export type GetDocsAnyAnswer = GetDocsAnswer | Answer<304, undefined, 'Cache-Control' | 'ETag'>;

export type GetConsoleInput = {
  /** Proceed only if the target has one of these entity tags, otherwise 412. `*`: if the target exists. */
  readonly ifMatch?: string | undefined;
  /** Proceed only if the target has none of these entity tags, otherwise 304 for a read and 412 for a change. `*`: if the target does not exist. */
  readonly ifNoneMatch?: string | undefined;
};

export type GetConsoleAnswer = Answer<200, string, 'Cache-Control' | 'ETag'>;

export type GetConsoleAnyAnswer = GetConsoleAnswer | Answer<304, undefined, 'Cache-Control' | 'ETag'>;

export type GetIconInput = {
  /** Proceed only if the target has one of these entity tags, otherwise 412. `*`: if the target exists. */
  readonly ifMatch?: string | undefined;
  /** Proceed only if the target has none of these entity tags, otherwise 304 for a read and 412 for a change. `*`: if the target does not exist. */
  readonly ifNoneMatch?: string | undefined;
};

export type GetIconAnswer = Answer<200, string, 'Cache-Control' | 'ETag'>;

export type GetIconAnyAnswer = GetIconAnswer | Answer<304, undefined, 'Cache-Control' | 'ETag'>;

/** Every call of the API. */
export interface Calls {
  /** Create an ad. Answers when the ad is logged. With `Prefer: wait=N` it waits up to N seconds until the ad is applied. In an optional field, null means the same as no value. With `external_id` it waits up to 5 seconds by itself, so that it can answer 409 if another live ad has it. */
  createAd(input: CreateAdInput, options?: CallOptions): Promise<CreateAdAnswer>;

  /** Find the active ads for an audience. The active ads that match, ordered by end, then by id. A missing parameter does not filter; `unknown` finds the ads that do not target that attribute. */
  queryAds(
    input?: QueryAdsInput & { readonly ifNoneMatch?: undefined },
    options?: CallOptions,
  ): Promise<QueryAdsAnswer>;
  /** With `ifNoneMatch` the answer may have no body. */
  queryAds(input: QueryAdsInput, options?: CallOptions): Promise<QueryAdsAnyAnswer>;

  /** Explain who sees what. Shows how many live ads remain for an audience after each condition, and which condition excludes a given ad, now or at an instant. For a past instant it knows only the ads that are still live. It evaluates every ad. */
  explainAds(input?: ExplainAdsInput, options?: CallOptions): Promise<ExplainAdsAnswer>;

  /** Read one ad. Returns the current version, even before the ad starts; 404 once the ad has ended. With `include=ended` an ad that has ended is answered for a while longer, as it was at its end and with `ended_at`; one that was deleted is not. */
  getAd(
    input: GetAdInput & { readonly ifNoneMatch?: undefined },
    options?: CallOptions,
  ): Promise<GetAdAnswer>;
  /** With `ifNoneMatch` the answer may have no body. */
  getAd(input: GetAdInput, options?: CallOptions): Promise<GetAdAnyAnswer>;

  /** Change an ad. A merge patch: only the given fields change, null clears an optional field, `{}` changes nothing. With `If-Match` or an `external_id` the call waits up to 5 seconds, so that it can answer 412 if another change came first, or 409 if another live ad has that external id. */
  updateAd(input: UpdateAdInput, options?: CallOptions): Promise<UpdateAdAnswer>;

  /** Delete an ad. With `If-Match` the call waits up to 5 seconds for the result. */
  deleteAd(
    input: DeleteAdInput & { readonly prefer?: undefined; readonly ifMatch?: undefined },
    options?: CallOptions,
  ): Promise<DeleteAdAnswer>;
  /** With `prefer` or `ifMatch` the answer may have no body. */
  deleteAd(input: DeleteAdInput, options?: CallOptions): Promise<DeleteAdAnyAnswer>;

  /** Create or change many ads. Each ad is all of an ad, by its `external_id`: the live ad that has it is changed, and if there is none, one is created. An optional field that is missing is cleared; an ad that is so already keeps its version. One invalid ad refuses the whole request. Sending an import again doubles nothing, with an Idempotency-Key or without. With `Prefer: wait=N` the answer says what became of each ad. */
  importAds(input: ImportAdsInput, options?: CallOptions): Promise<ImportAdsAnswer>;

  /** List all live ads, or those that have ended. Includes ads that have not started. Ordered by id. A page of a filtered list reads up to 20,000 ads, so it may have fewer ads than `limit`, or none, and still a `next_cursor`. A cursor belongs to its filters. With `status=ended` it lists the ads that have ended instead, the newest end first, as long as the stage keeps them; each is there once its end has been applied, mostly within seconds. That list is always `strong`, and a page of it may be short too. With `Accept: application/x-ndjson` the answer has one ad in each line, and the cursor in `Next-Cursor`. */
  listAds(input?: ListAdsInput, options?: CallOptions): Promise<ListAdsAnswer>;

  /** Decide which ads to show. Draws ads for your placements from those that match the person: the first priority with ads left, and there by weight. No ad comes twice, and of each campaign one at most. Ads with a `frequency` count for the `user` with this answer, whether or not they are seen. `user`, `count: served` and an Idempotency-Key need a token with the scope `ads:decide`; stages with `delivery.plainDecisions` answer everything else without one. With `count: served` and without an Idempotency-Key, impressions of a request that was answered 503 may have been counted. */
  decide(input: DecideInput, options?: CallOptions): Promise<DecideAnswer>;

  /** Explain a decision. Shows how many ads of each priority match, and how many of them are paused, excluded, capped or drawn from; and why an ad is not chosen. Of ads with a `goal` also how many are done or wait, and until when; another server may still have rights in hand. That needs a token, unless the server needs none. It decides nothing, and evaluates every ad. */
  explainDecision(input: ExplainDecisionInput, options?: CallOptions): Promise<ExplainDecisionAnswer>;

  /** Report impressions and clicks. Reports events of up to 500 decisions, from a server or an app. Each counts once, however often it is sent: after a 207 or 503 send the failed ones again. Stages with `delivery.plainDecisions` need no token. */
  trackEvents(input: TrackEventsInput, options?: CallOptions): Promise<TrackEventsAnswer>;

  /** Read what was counted of an ad. Impressions and clicks, in all and over time, also of an ad that has ended. An ad that nothing was reported of has zeros; so has an id that no ad has. Of an ad with a `goal` also how far it is, as long as the ad is kept. */
  getAdDelivery(input: GetAdDeliveryInput, options?: CallOptions): Promise<GetAdDeliveryAnswer>;

  /** Read what was counted of a campaign's ads. The live ads of a campaign, page by page, each with its numbers. With `status=ended` the ads that have ended instead, the newest end first, as long as the stage keeps them (90 days unless it was changed); such a page may have fewer ads than `limit`, or none, and still a `next_cursor`. */
  getCampaignDelivery(
    input: GetCampaignDeliveryInput,
    options?: CallOptions,
  ): Promise<GetCampaignDeliveryAnswer>;

  /** Add to a counter. Creates the counter if it does not exist. `mode=sync` takes turns with other writers of the counter for up to 5 s, then answers 503: it suits up to 100 calls a second for one counter. */
  increment(
    input: IncrementInput & { readonly prefer?: undefined },
    options?: CallOptions,
  ): Promise<IncrementAnswer>;
  /** With `prefer` the answer may have no body. */
  increment(input: IncrementInput, options?: CallOptions): Promise<IncrementAnyAnswer>;

  /** Read the total of a counter. The total so far. With a Consistency-Token it includes that write. */
  getTotal(input: GetTotalInput, options?: CallOptions): Promise<GetTotalAnswer>;

  /** Add to many counters. One invalid increment refuses the whole request. After a 207, send a request with an Idempotency-Key again whole; without a key, send only the failed increments. The Consistency-Token header has the tokens of up to 10 keys, if they fit 4,096 characters; `Prefer: return=representation` returns all tokens in the body. */
  incrementMany(input: IncrementManyInput, options?: CallOptions): Promise<IncrementManyAnswer>;

  /** Read a counter. The total so far. With a Consistency-Token it includes that write. */
  getCounter(input: GetCounterInput, options?: CallOptions): Promise<GetCounterAnswer>;

  /** Read a counter over time. The amount added in each minute, hour or day, by the time of the POST; as exact as the total. Minutes expire first, then hours, then days. */
  getCounterSeries(input: GetCounterSeriesInput, options?: CallOptions): Promise<GetCounterSeriesAnswer>;

  /** Read many counters. Returns the counters that exist, in the order of the request. `top=N` instead of keys is deprecated: use `GET /api/v1/hot-counters`. */
  getCounters(input?: GetCountersInput, options?: CallOptions): Promise<GetCountersAnswer>;

  /** Read many counters over time. For each counter that exists what `GET /api/v1/counters/{key}/series` returns, all with the same range, in the order of the request. */
  getSeries(input: GetSeriesInput, options?: CallOptions): Promise<GetSeriesAnswer>;

  /** Read the hottest counters. The keys that grew most in the last minutes, estimated by a sketch with a stated error; and the exact totals of the keys that sketches have seen. Both include `mode=sync`. The lists lag by seconds and take no Consistency-Token. */
  getHotCounters(input?: GetHotCountersInput, options?: CallOptions): Promise<GetHotCountersAnswer>;

  /** Get the current state of the pipeline. Rates, totals, freshness, the lag of each stream, and the containers that serve reads. `npm start` reports exact numbers. On AWS they come from CloudWatch, one or two minutes late, and are null where CloudWatch has none. */
  getStats(input?: GetStatsInput, options?: CallOptions): Promise<GetStatsAnswer>;

  /** List the quarantine. Records that could not be processed, with the reason but without their content. `npm run quarantine -- show` prints the content. */
  listQuarantine(input?: ListQuarantineInput, options?: CallOptions): Promise<ListQuarantineAnswer>;

  /** Redrive quarantined records. Processes the records again. Each takes effect once, however often you repeat the call, so it needs no Idempotency-Key. The answer has the outcome of each record. */
  redriveQuarantine(input: RedriveQuarantineInput, options?: CallOptions): Promise<RedriveQuarantineAnswer>;

  /** Read your own usage. Your calls and increments by day (UTC), up to 10 seconds late. A container that dies loses its last 10 seconds. */
  getUsage(input?: GetUsageInput, options?: CallOptions): Promise<GetUsageAnswer>;

  /** Read every caller's usage on a day. Of one day (UTC). */
  listCallers(input?: ListCallersInput, options?: CallOptions): Promise<ListCallersAnswer>;

  /** Find the other pages. Links: a page for browsers, JSON for other clients. */
  getRoot(
    input?: GetRootInput & { readonly ifNoneMatch?: undefined },
    options?: CallOptions,
  ): Promise<GetRootAnswer>;
  /** With `ifNoneMatch` the answer may have no body. */
  getRoot(input: GetRootInput, options?: CallOptions): Promise<GetRootAnyAnswer>;

  /** Check that the API is alive and ready. Always 200; the body says whether the API is ready. */
  getHealth(input?: GetHealthInput, options?: CallOptions): Promise<GetHealthAnswer>;

  /** Get the OpenAPI 3.1 document. Generated from the schemas that validate requests. */
  getOpenApi(
    input?: GetOpenApiInput & { readonly ifNoneMatch?: undefined },
    options?: CallOptions,
  ): Promise<GetOpenApiAnswer>;
  /** With `ifNoneMatch` the answer may have no body. */
  getOpenApi(input: GetOpenApiInput, options?: CallOptions): Promise<GetOpenApiAnyAnswer>;

  /** Read the API reference. A page that works offline and can send calls. */
  getDocs(
    input?: GetDocsInput & { readonly ifNoneMatch?: undefined },
    options?: CallOptions,
  ): Promise<GetDocsAnswer>;
  /** With `ifNoneMatch` the answer may have no body. */
  getDocs(input: GetDocsInput, options?: CallOptions): Promise<GetDocsAnyAnswer>;

  /** The operators’ console. A page that shows the state of the pipeline and redrives quarantined records. It contains no data: it calls this API with the token that you enter. */
  getConsole(
    input?: GetConsoleInput & { readonly ifNoneMatch?: undefined },
    options?: CallOptions,
  ): Promise<GetConsoleAnswer>;
  /** With `ifNoneMatch` the answer may have no body. */
  getConsole(input: GetConsoleInput, options?: CallOptions): Promise<GetConsoleAnyAnswer>;

  /** The icon of the pages. An SVG image. */
  getIcon(
    input?: GetIconInput & { readonly ifNoneMatch?: undefined },
    options?: CallOptions,
  ): Promise<GetIconAnswer>;
  /** With `ifNoneMatch` the answer may have no body. */
  getIcon(input: GetIconInput, options?: CallOptions): Promise<GetIconAnyAnswer>;
}
