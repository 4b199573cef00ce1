// Made from the OpenAPI document by `npm run client:generate`: do not edit.
import type { ExactInteger } from '../exact-json.ts';

/** An ad to create. */
export type AdInput = {
  /** What the ad is called. */
  readonly title: string;
  /** What the ad says. */
  readonly content: string;
  /** Served from this instant on. RFC 3339, or as Go, Java, Python and Ruby print a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly start_at: string;
  /** Never served at this instant or later; after `start_at`. RFC 3339, or as Go, Java, Python and Ruby print a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly end_at: string;
  /** The youngest age targeted. Left out or null: no bound. */
  readonly age_start?: number | null | undefined;
  /** The oldest age targeted; not below `age_start`. Left out or null: no bound. */
  readonly age_end?: number | null | undefined;
  /** Genders targeted. Left out, null or empty: anyone. */
  readonly gender?: readonly Gender[] | null | undefined;
  /** Countries targeted. Left out, null or empty: anyone. */
  readonly country?: readonly Country[] | null | undefined;
  /** Platforms targeted. Left out, null or empty: anyone. */
  readonly platform?: readonly Platform[] | null | undefined;
};

export type Gender = 'M' | 'F';

/** ISO 3166-1 alpha-2. */
export type Country =
  | 'AD'
  | 'AE'
  | 'AF'
  | 'AG'
  | 'AI'
  | 'AL'
  | 'AM'
  | 'AO'
  | 'AQ'
  | 'AR'
  | 'AS'
  | 'AT'
  | 'AU'
  | 'AW'
  | 'AX'
  | 'AZ'
  | 'BA'
  | 'BB'
  | 'BD'
  | 'BE'
  | 'BF'
  | 'BG'
  | 'BH'
  | 'BI'
  | 'BJ'
  | 'BL'
  | 'BM'
  | 'BN'
  | 'BO'
  | 'BQ'
  | 'BR'
  | 'BS'
  | 'BT'
  | 'BV'
  | 'BW'
  | 'BY'
  | 'BZ'
  | 'CA'
  | 'CC'
  | 'CD'
  | 'CF'
  | 'CG'
  | 'CH'
  | 'CI'
  | 'CK'
  | 'CL'
  | 'CM'
  | 'CN'
  | 'CO'
  | 'CR'
  | 'CU'
  | 'CV'
  | 'CW'
  | 'CX'
  | 'CY'
  | 'CZ'
  | 'DE'
  | 'DJ'
  | 'DK'
  | 'DM'
  | 'DO'
  | 'DZ'
  | 'EC'
  | 'EE'
  | 'EG'
  | 'EH'
  | 'ER'
  | 'ES'
  | 'ET'
  | 'FI'
  | 'FJ'
  | 'FK'
  | 'FM'
  | 'FO'
  | 'FR'
  | 'GA'
  | 'GB'
  | 'GD'
  | 'GE'
  | 'GF'
  | 'GG'
  | 'GH'
  | 'GI'
  | 'GL'
  | 'GM'
  | 'GN'
  | 'GP'
  | 'GQ'
  | 'GR'
  | 'GS'
  | 'GT'
  | 'GU'
  | 'GW'
  | 'GY'
  | 'HK'
  | 'HM'
  | 'HN'
  | 'HR'
  | 'HT'
  | 'HU'
  | 'ID'
  | 'IE'
  | 'IL'
  | 'IM'
  | 'IN'
  | 'IO'
  | 'IQ'
  | 'IR'
  | 'IS'
  | 'IT'
  | 'JE'
  | 'JM'
  | 'JO'
  | 'JP'
  | 'KE'
  | 'KG'
  | 'KH'
  | 'KI'
  | 'KM'
  | 'KN'
  | 'KP'
  | 'KR'
  | 'KW'
  | 'KY'
  | 'KZ'
  | 'LA'
  | 'LB'
  | 'LC'
  | 'LI'
  | 'LK'
  | 'LR'
  | 'LS'
  | 'LT'
  | 'LU'
  | 'LV'
  | 'LY'
  | 'MA'
  | 'MC'
  | 'MD'
  | 'ME'
  | 'MF'
  | 'MG'
  | 'MH'
  | 'MK'
  | 'ML'
  | 'MM'
  | 'MN'
  | 'MO'
  | 'MP'
  | 'MQ'
  | 'MR'
  | 'MS'
  | 'MT'
  | 'MU'
  | 'MV'
  | 'MW'
  | 'MX'
  | 'MY'
  | 'MZ'
  | 'NA'
  | 'NC'
  | 'NE'
  | 'NF'
  | 'NG'
  | 'NI'
  | 'NL'
  | 'NO'
  | 'NP'
  | 'NR'
  | 'NU'
  | 'NZ'
  | 'OM'
  | 'PA'
  | 'PE'
  | 'PF'
  | 'PG'
  | 'PH'
  | 'PK'
  | 'PL'
  | 'PM'
  | 'PN'
  | 'PR'
  | 'PS'
  | 'PT'
  | 'PW'
  | 'PY'
  | 'QA'
  | 'RE'
  | 'RO'
  | 'RS'
  | 'RU'
  | 'RW'
  | 'SA'
  | 'SB'
  | 'SC'
  | 'SD'
  | 'SE'
  | 'SG'
  | 'SH'
  | 'SI'
  | 'SJ'
  | 'SK'
  | 'SL'
  | 'SM'
  | 'SN'
  | 'SO'
  | 'SR'
  | 'SS'
  | 'ST'
  | 'SV'
  | 'SX'
  | 'SY'
  | 'SZ'
  | 'TC'
  | 'TD'
  | 'TF'
  | 'TG'
  | 'TH'
  | 'TJ'
  | 'TK'
  | 'TL'
  | 'TM'
  | 'TN'
  | 'TO'
  | 'TR'
  | 'TT'
  | 'TV'
  | 'TW'
  | 'TZ'
  | 'UA'
  | 'UG'
  | 'UM'
  | 'US'
  | 'UY'
  | 'UZ'
  | 'VA'
  | 'VC'
  | 'VE'
  | 'VG'
  | 'VI'
  | 'VN'
  | 'VU'
  | 'WF'
  | 'WS'
  | 'YE'
  | 'YT'
  | 'ZA'
  | 'ZM'
  | 'ZW';

export type Platform = 'android' | 'ios' | 'web';

/** The ad as far as it is known. Until the change is applied `version` is null, and fields that the request did not set may be missing; then it is the whole ad. */
export type AdWritten = {
  readonly id: string;
  readonly title?: string | undefined;
  readonly content?: string | undefined;
  /** RFC 3339, UTC, with milliseconds. */
  readonly start_at?: string | undefined;
  /** RFC 3339, UTC, with milliseconds. */
  readonly end_at?: string | undefined;
  readonly age_start?: number | null | undefined;
  readonly age_end?: number | null | undefined;
  readonly gender?: readonly Gender[] | undefined;
  readonly country?: readonly Country[] | undefined;
  readonly platform?: readonly Platform[] | undefined;
  /** RFC 3339, UTC, with milliseconds. */
  readonly created_at?: string | undefined;
  readonly version: number | null;
};

/** What went wrong, as RFC 9457 has it. */
export type Problem = {
  /** Names the problem: `urn:adtally:problem:<name>`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly {
    /** A body field (`increments.3.value`; empty: the body itself), or the name of a parameter or header. */
    readonly path: string;
    readonly message: string;
  }[];
};

export type AdPage = {
  readonly ads: readonly Ad[];
  /** The exact number of matches, on all pages together. */
  readonly total: number;
};

/** An ad. An absent age is null, an absent list is empty. */
export type Ad = {
  readonly id: string;
  readonly title: string;
  readonly content: string;
  /** RFC 3339, UTC, with milliseconds. */
  readonly start_at: string;
  /** RFC 3339, UTC, with milliseconds. */
  readonly end_at: string;
  readonly age_start: number | null;
  readonly age_end: number | null;
  readonly gender: readonly Gender[];
  readonly country: readonly Country[];
  readonly platform: readonly Platform[];
  /** RFC 3339, UTC, with milliseconds. */
  readonly created_at: string;
  readonly version: number;
};

export type AdExplanation = {
  /** RFC 3339, UTC, with milliseconds. */
  readonly at: string;
  /** Live ads, those to come and those just ended as well. */
  readonly live: number;
  /** In the order in which they are looked at; the last number is the total of the page. */
  readonly conditions: readonly {
    readonly name: 'started' | 'not_ended' | 'age' | 'gender' | 'platform' | 'country';
    /** Ads that meet this condition and all before it. */
    readonly left: number;
  }[];
  /** Of the `id` asked for; null without one. */
  readonly ad: {
    readonly id: string;
    /** The first condition it does not meet; `unknown`: no live ad has this id; null: it is shown. */
    readonly excluded_by:
      'started' | 'not_ended' | 'age' | 'gender' | 'platform' | 'country' | 'unknown' | null;
  } | null;
};

/** The fields of an ad to change. */
export type AdPatch = {
  /** What the ad is called. */
  readonly title?: string | undefined;
  /** What the ad says. */
  readonly content?: string | undefined;
  /** Served from this instant on. RFC 3339, or as Go, Java, Python and Ruby print a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly start_at?: string | undefined;
  /** Never served at this instant or later; after `start_at`. RFC 3339, or as Go, Java, Python and Ruby print a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly end_at?: string | undefined;
  /** The youngest age targeted. Left out or null: no bound. */
  readonly age_start?: number | null | undefined;
  /** The oldest age targeted; not below `age_start`. Left out or null: no bound. */
  readonly age_end?: number | null | undefined;
  /** Genders targeted. Left out, null or empty: anyone. */
  readonly gender?: readonly Gender[] | null | undefined;
  /** Countries targeted. Left out, null or empty: anyone. */
  readonly country?: readonly Country[] | null | undefined;
  /** Platforms targeted. Left out, null or empty: anyone. */
  readonly platform?: readonly Platform[] | null | undefined;
};

export type AdList = {
  readonly ads: readonly Ad[];
  /** For `cursor`; null: this was the last page. */
  readonly next_cursor: string | null;
};

export type Increment = {
  /** The counter. No control characters; a stage may demand UUIDs. */
  readonly key: string;
  /** How much to add. */
  readonly value: number;
};

/** A total by its key; empty if it is not known yet. */
export type Totals = {
  readonly [name: string]: ExactInteger;
};

export type Increments = {
  readonly increments: readonly {
    /** The counter. No control characters; a stage may demand UUIDs. */
    readonly key: string;
    /** How much to add. */
    readonly value: number;
  }[];
};

export type IncrementsTaken = {
  readonly accepted: number;
  /** With 207: what was not logged. */
  readonly failed?:
    | readonly {
        /** In the list that was sent. */
        readonly index: number;
        /** true: it may have been logged all the same; false: it certainly was not. */
        readonly ambiguous: boolean;
      }[]
    | undefined;
  /** A Consistency-Token per key; with `Prefer: return=representation`. */
  readonly tokens?:
    | {
        readonly [name: string]: string;
      }
    | undefined;
};

export type Counter = {
  readonly key: string;
  /** Exact, also beyond 2^53: read it as a big integer. */
  readonly value: ExactInteger;
  /** RFC 3339, UTC, with milliseconds. */
  readonly updated_at: string;
};

export type CounterSeries = {
  readonly key: string;
  readonly bucket: 'minute' | 'hour' | 'day';
  /** Where the first bucket begins: later than asked for if older ones are no longer kept. */
  readonly from: string;
  /** Where the last bucket ends. */
  readonly to: string;
  /** Every bucket of the range, by the instant it begins (UTC). */
  readonly points: readonly {
    /** RFC 3339, UTC, with milliseconds. */
    readonly at: string;
    /** Exact, also beyond 2^53: read it as a big integer. */
    readonly value: ExactInteger;
  }[];
};

export type Counters = {
  /** Those that exist, in the order asked for. */
  readonly counters: readonly Counter[];
  /** With `top`. */
  readonly recent?: { readonly window_ms: number; readonly keys: readonly HotCounter[] } | undefined;
  /** With `top`. */
  readonly all?: { readonly keys: readonly HotCounter[] } | undefined;
};

export type HotCounter = {
  readonly key: string;
  /** Exact, also beyond 2^53: read it as a big integer. */
  readonly value: ExactInteger;
  /** The true amount is at most this much less than `value`, and never more. */
  readonly error_max: ExactInteger;
};

export type HotCounters = {
  /** What keys were given in the last minutes, greatest first; estimated. */
  readonly recent: { readonly window_ms: number; readonly keys: readonly HotCounter[] };
  /** The greatest totals among the keys that have been hot; exact. */
  readonly all: { readonly keys: readonly HotCounter[] };
};

/** null: this runtime cannot know it. */
export type Stats = {
  readonly stage: string;
  /** End of the time that the rates are of. */
  readonly at: string;
  readonly source: 'process' | 'cloudwatch';
  /** Asking more often brings nothing new. */
  readonly refresh_seconds: number;
  /** Per second, over the window. */
  readonly rates: {
    readonly window_seconds: number;
    readonly requests: number;
    /** Answered 4xx. */
    readonly refused: number;
    /** Answered 5xx. */
    readonly errors: number;
    /** Increments written to the log. */
    readonly accepted: number;
    /** Increments from the log added to totals. */
    readonly counted: number;
    /** Increments of `mode=sync`, which pass the log by. */
    readonly added_at_once: number;
    /** Calls that read ads. */
    readonly ad_reads: number;
    /** Calls that read counters. */
    readonly counter_reads: number;
    /** Changes of ads that made a version. */
    readonly ad_changes: number;
  };
  readonly totals: {
    readonly since: string;
    readonly requests: number;
    /** Answered 4xx. */
    readonly refused: number;
    /** Answered 5xx. */
    readonly errors: number;
    /** Increments written to the log. */
    readonly accepted: number;
    /** Increments from the log added to totals. */
    readonly counted: number;
    /** Increments of `mode=sync`, which pass the log by. */
    readonly added_at_once: number;
    /** Calls that read ads. */
    readonly ad_reads: number;
    /** Calls that read counters. */
    readonly counter_reads: number;
    /** Changes of ads that made a version. */
    readonly ad_changes: number;
    /** Increments of keyed requests that had been counted before. */
    readonly duplicates: number;
    /** Records of increments given up. */
    readonly quarantined: number;
    /** Quarantined records settled by a redrive. */
    readonly redriven: number;
    /** accepted - counted - duplicates - quarantined. Negative: what was in the log before `since` was counted after it. */
    readonly in_flight: number;
  };
  readonly freshness: {
    readonly window_seconds: number;
    readonly count: number;
    readonly p50_ms: number | null;
    readonly p90_ms: number | null;
    readonly p99_ms: number | null;
    readonly buckets: readonly {
      /** null: all beyond. */
      readonly up_to_ms: number | null;
      readonly count: number;
    }[];
  };
  readonly streams: readonly {
    readonly stream: 'ad-events' | 'increments';
    readonly consumer: string;
    /** null: shards come and go with the load. */
    readonly shard_count: number | null;
    readonly lanes_per_shard: number;
    readonly records_behind: number | null;
    readonly oldest_age_ms: number | null;
    readonly log_bytes: number | null;
    /** null: only the whole stream is known. */
    readonly shards:
      | readonly {
          readonly shard_id: string;
          readonly records_behind: number;
          /** null: nothing is behind. */
          readonly oldest_age_ms: number | null;
          readonly lanes: readonly {
            readonly records_behind: number;
            /** null: nothing is behind. */
            readonly oldest_age_ms: number | null;
            readonly busy: boolean;
          }[];
        }[]
      | null;
  }[];
  readonly readers: {
    /** Most calls at the same time: at least so many containers are warm. */
    readonly at_once: number | null;
    /** The newest that one of them has loaded. */
    readonly catalog_version: number | null;
    /** Oldest catalog served because the store could not be asked. */
    readonly stale_served_ms: number;
    readonly containers: readonly {
      readonly name: string;
      readonly catalog_version: number;
      readonly ads: number;
      /** null: nobody has asked it for an ad yet. */
      readonly checked_ago_ms: number | null;
    }[];
  };
  readonly ads: { readonly live: number | null; readonly live_max: number };
};

export type QuarantinePage = {
  readonly records: readonly Quarantined[];
  /** Entries that are there and cannot be read. */
  readonly unreadable: readonly string[];
  readonly next_cursor: string | null;
};

export type Quarantined = {
  /** `<stream>/<epoch>/<shard>/<sequence number>`. */
  readonly id: string;
  /** `unfinished`: kept by a try that did not finish; its consumer still has it. */
  readonly state: 'quarantined' | 'counted' | 'redriven' | 'dropped' | 'unfinished';
  readonly reason: string;
  readonly bytes: number;
  /** Of an increment: the counter. Data of callers. */
  readonly partition_key: string;
  readonly arrived_at: string;
  readonly quarantined_at: string;
};

export type Redrive = {
  /** Records as `GET /api/v1/quarantine` names them. */
  readonly ids: readonly string[];
};

export type Redriven = {
  readonly results: readonly {
    /** `<stream>/<epoch>/<shard>/<sequence number>`. */
    readonly id: string;
    /** `ended-before`: nothing was left to do. `log-unavailable`, `unavailable`: ask again. `redriven`: an ad event is in the log again. */
    readonly outcome:
      | 'counted'
      | 'counted-before'
      | 'redriven'
      | 'ended-before'
      | 'not-quarantined'
      | 'refused'
      | 'bytes-missing'
      | 'log-unavailable'
      | 'unavailable';
    readonly reason: string | null;
  }[];
};

/** Addresses, relative to this one. */
export type Links = {
  readonly name: string;
  readonly version: string;
  readonly docs: string;
  readonly openapi: string;
  readonly console: string;
  readonly health: string;
};

export type Health = {
  readonly status: 'ok';
  readonly stage: string;
  readonly version: string;
  readonly uptime_seconds: number;
  /** false: alive, but a part it depends on does not answer. */
  readonly ready: boolean;
  readonly facts?:
    | {
        readonly [name: string]: unknown;
      }
    | undefined;
  readonly [name: string]: unknown;
};

export type OpenApiDocument = { readonly openapi: string; readonly [name: string]: unknown };
