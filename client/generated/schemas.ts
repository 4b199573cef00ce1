// Generated from the OpenAPI document by `npm run client:generate`: do not edit.
import type { ExactInteger } from '../exact-json.ts';

/** An ad to create. */
export type AdInput = {
  /** The title of the ad. */
  readonly title: string;
  /** The text of the ad. */
  readonly content: string;
  /** The ad is served from this instant. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly start_at: string;
  /** The ad is served until just before this instant; after `start_at`. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly end_at: string;
  /** The youngest age targeted. If missing or null, there is no bound. */
  readonly age_start?: number | null | undefined;
  /** The oldest age targeted; not below `age_start`. If missing or null, there is no bound. */
  readonly age_end?: number | null | undefined;
  /** Genders targeted. If missing, null or empty: everyone. */
  readonly gender?: readonly Gender[] | null | undefined;
  /** Countries targeted. If missing, null or empty: everyone. */
  readonly country?: readonly Country[] | null | undefined;
  /** Platforms targeted. If missing, null or empty: everyone. */
  readonly platform?: readonly Platform[] | null | undefined;
  /** The ad's name in your own system, which no other live ad has. */
  readonly external_id?: string | null | undefined;
  /** A paused ad stays and ends as any other, and no query shows it. If missing or null: active. */
  readonly status?: 'active' | 'paused' | null | undefined;
  /** Ads of priority 1 are decided for first. If missing or null: 8. */
  readonly priority?: number | null | undefined;
  /** The ad's share among ads of its priority. If missing or null: 1. */
  readonly weight?: number | null | undefined;
  /** Where a click leads. An https URL without user name and password. It is kept and shown in its normal form, of at most 2048 characters, in ASCII. */
  readonly click_url?: string | null | undefined;
  /** The picture of the ad. An https URL without user name and password. It is kept and shown in its normal form, of at most 2048 characters, in ASCII. */
  readonly image_url?: string | null | undefined;
  /** Of the picture, in pixels. */
  readonly width?: number | null | undefined;
  /** Of the picture, in pixels. */
  readonly height?: number | null | undefined;
  /** The campaign that the ad belongs to. */
  readonly campaign_id?: string | null | undefined;
  /** Values of your own, shown with the ad. At most 20 keys, and 2048 bytes as JSON. */
  readonly metadata?:
    | {
        readonly [name: string]: string | number | boolean;
      }
    | null
    | undefined;
  /** Impressions to reach in all, on each local day, or both, evenly or as soon as possible. `daily` is not above `total`; days are of `timezone`, an IANA name, by default UTC. A patch gives all of it: it is not merged with what the ad has, and null removes it. */
  readonly goal?:
    | {
        readonly impressions: { readonly total?: number | undefined; readonly daily?: number | undefined };
        readonly pacing: 'even' | 'asap';
        readonly timezone?: string | undefined;
      }
    | null
    | undefined;
  /** How often one user gets the ad, or with the scope `campaign` the ads of its campaign together: `max` times in each period `per`, `PT1M` to `P30D`. A decision without a user leaves the ad out, unless `anonymous` is `serve`. A patch gives all of it: it is not merged with what the ad has, and null removes it. */
  readonly frequency?:
    | {
        readonly max: number;
        readonly per: string;
        readonly scope: 'ad' | 'campaign';
        readonly anonymous?: 'skip' | 'serve' | undefined;
      }
    | null
    | undefined;
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

/** The known fields of the ad. Until the change is applied, `version` is null and fields that the request did not set may be missing. Once it is applied, this is the whole ad. */
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
  /** This and the fields below are missing if they are not set. */
  readonly external_id?: string | undefined;
  readonly status?: 'active' | 'paused' | undefined;
  readonly priority?: number | undefined;
  readonly weight?: number | undefined;
  readonly click_url?: string | undefined;
  readonly image_url?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly campaign_id?: string | undefined;
  readonly metadata?:
    | {
        readonly [name: string]: string | number | boolean;
      }
    | undefined;
  readonly goal?:
    | {
        readonly impressions: { readonly total?: number | undefined; readonly daily?: number | undefined };
        readonly pacing: 'even' | 'asap';
        readonly timezone?: string | undefined;
      }
    | undefined;
  readonly frequency?:
    | {
        readonly max: number;
        readonly per: string;
        readonly scope: 'ad' | 'campaign';
        readonly anonymous?: 'skip' | 'serve' | undefined;
      }
    | undefined;
  /** RFC 3339, UTC, with milliseconds. */
  readonly created_at?: string | undefined;
  readonly version: number | null;
};

/** An error as problem details (RFC 9457). */
export type Problem = {
  /** Names the problem: `urn:adtally:problem:<name>`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly {
    /** A body field (`increments.3.value`; empty: the body itself), or the name of a parameter or a header. */
    readonly path: string;
    readonly message: string;
  }[];
};

export type AdPage = {
  readonly ads: readonly Ad[];
  /** The exact number of matches on all pages. */
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
  /** This and the fields below are missing if they are not set. */
  readonly external_id?: string | undefined;
  readonly status?: 'active' | 'paused' | undefined;
  readonly priority?: number | undefined;
  readonly weight?: number | undefined;
  readonly click_url?: string | undefined;
  readonly image_url?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly campaign_id?: string | undefined;
  readonly metadata?:
    | {
        readonly [name: string]: string | number | boolean;
      }
    | undefined;
  readonly goal?:
    | {
        readonly impressions: { readonly total?: number | undefined; readonly daily?: number | undefined };
        readonly pacing: 'even' | 'asap';
        readonly timezone?: string | undefined;
      }
    | undefined;
  readonly frequency?:
    | {
        readonly max: number;
        readonly per: string;
        readonly scope: 'ad' | 'campaign';
        readonly anonymous?: 'skip' | 'serve' | undefined;
      }
    | undefined;
  /** RFC 3339, UTC, with milliseconds. */
  readonly created_at: string;
  readonly version: number;
  /** Its end, in answers that were asked for ads that have ended; missing while the ad is live. */
  readonly ended_at?: string | undefined;
};

export type AdExplanation = {
  /** RFC 3339, UTC, with milliseconds. */
  readonly at: string;
  /** Live ads, including those not started and those just ended. */
  readonly live: number;
  /** In the order of evaluation; the last number is the `total` of a query. */
  readonly conditions: readonly {
    readonly name: 'started' | 'not_ended' | 'paused' | 'age' | 'gender' | 'platform' | 'country';
    /** Ads that meet this condition and all conditions before it. */
    readonly left: number;
  }[];
  /** The ad of the parameter `id`; null without one. */
  readonly ad: {
    readonly id: string;
    /** The first condition the ad does not meet. `unknown`: no live ad has this id. null: the ad is shown. */
    readonly excluded_by:
      'started' | 'not_ended' | 'paused' | 'age' | 'gender' | 'platform' | 'country' | 'unknown' | null;
  } | null;
};

/** The fields of an ad to change. */
export type AdPatch = {
  /** The title of the ad. */
  readonly title?: string | undefined;
  /** The text of the ad. */
  readonly content?: string | undefined;
  /** The ad is served from this instant. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly start_at?: string | undefined;
  /** The ad is served until just before this instant; after `start_at`. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly end_at?: string | undefined;
  /** The youngest age targeted. If missing or null, there is no bound. */
  readonly age_start?: number | null | undefined;
  /** The oldest age targeted; not below `age_start`. If missing or null, there is no bound. */
  readonly age_end?: number | null | undefined;
  /** Genders targeted. If missing, null or empty: everyone. */
  readonly gender?: readonly Gender[] | null | undefined;
  /** Countries targeted. If missing, null or empty: everyone. */
  readonly country?: readonly Country[] | null | undefined;
  /** Platforms targeted. If missing, null or empty: everyone. */
  readonly platform?: readonly Platform[] | null | undefined;
  /** The ad's name in your own system, which no other live ad has. */
  readonly external_id?: string | null | undefined;
  /** A paused ad stays and ends as any other, and no query shows it. If missing or null: active. */
  readonly status?: 'active' | 'paused' | null | undefined;
  /** Ads of priority 1 are decided for first. If missing or null: 8. */
  readonly priority?: number | null | undefined;
  /** The ad's share among ads of its priority. If missing or null: 1. */
  readonly weight?: number | null | undefined;
  /** Where a click leads. An https URL without user name and password. It is kept and shown in its normal form, of at most 2048 characters, in ASCII. */
  readonly click_url?: string | null | undefined;
  /** The picture of the ad. An https URL without user name and password. It is kept and shown in its normal form, of at most 2048 characters, in ASCII. */
  readonly image_url?: string | null | undefined;
  /** Of the picture, in pixels. */
  readonly width?: number | null | undefined;
  /** Of the picture, in pixels. */
  readonly height?: number | null | undefined;
  /** The campaign that the ad belongs to. */
  readonly campaign_id?: string | null | undefined;
  /** Values of your own, shown with the ad. The keys that are given change, and null removes one. At most 20 keys, and 2048 bytes as JSON. */
  readonly metadata?:
    | {
        readonly [name: string]: string | number | boolean | null;
      }
    | null
    | undefined;
  /** Impressions to reach in all, on each local day, or both, evenly or as soon as possible. `daily` is not above `total`; days are of `timezone`, an IANA name, by default UTC. A patch gives all of it: it is not merged with what the ad has, and null removes it. */
  readonly goal?:
    | {
        readonly impressions: { readonly total?: number | undefined; readonly daily?: number | undefined };
        readonly pacing: 'even' | 'asap';
        readonly timezone?: string | undefined;
      }
    | null
    | undefined;
  /** How often one user gets the ad, or with the scope `campaign` the ads of its campaign together: `max` times in each period `per`, `PT1M` to `P30D`. A decision without a user leaves the ad out, unless `anonymous` is `serve`. A patch gives all of it: it is not merged with what the ad has, and null removes it. */
  readonly frequency?:
    | {
        readonly max: number;
        readonly per: string;
        readonly scope: 'ad' | 'campaign';
        readonly anonymous?: 'skip' | 'serve' | undefined;
      }
    | null
    | undefined;
};

export type AdsImport = { readonly ads: readonly AdImport[] };

/** All of an ad, by its external id. An optional field that is missing is cleared. */
export type AdImport = {
  /** The title of the ad. */
  readonly title: string;
  /** The text of the ad. */
  readonly content: string;
  /** The ad is served from this instant. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly start_at: string;
  /** The ad is served until just before this instant; after `start_at`. RFC 3339, or the format in which Go, Java, Python or Ruby prints a time with its offset; `2006-01-02 15:04:05` is UTC. Digits below the millisecond are cut off. */
  readonly end_at: string;
  /** The youngest age targeted. If missing or null, there is no bound. */
  readonly age_start?: number | null | undefined;
  /** The oldest age targeted; not below `age_start`. If missing or null, there is no bound. */
  readonly age_end?: number | null | undefined;
  /** Genders targeted. If missing, null or empty: everyone. */
  readonly gender?: readonly Gender[] | null | undefined;
  /** Countries targeted. If missing, null or empty: everyone. */
  readonly country?: readonly Country[] | null | undefined;
  /** Platforms targeted. If missing, null or empty: everyone. */
  readonly platform?: readonly Platform[] | null | undefined;
  /** The ad's name in your own system, which no other live ad has. */
  readonly external_id: string;
  /** A paused ad stays and ends as any other, and no query shows it. If missing or null: active. */
  readonly status?: 'active' | 'paused' | null | undefined;
  /** Ads of priority 1 are decided for first. If missing or null: 8. */
  readonly priority?: number | null | undefined;
  /** The ad's share among ads of its priority. If missing or null: 1. */
  readonly weight?: number | null | undefined;
  /** Where a click leads. An https URL without user name and password. It is kept and shown in its normal form, of at most 2048 characters, in ASCII. */
  readonly click_url?: string | null | undefined;
  /** The picture of the ad. An https URL without user name and password. It is kept and shown in its normal form, of at most 2048 characters, in ASCII. */
  readonly image_url?: string | null | undefined;
  /** Of the picture, in pixels. */
  readonly width?: number | null | undefined;
  /** Of the picture, in pixels. */
  readonly height?: number | null | undefined;
  /** The campaign that the ad belongs to. */
  readonly campaign_id?: string | null | undefined;
  /** Values of your own, shown with the ad. At most 20 keys, and 2048 bytes as JSON. */
  readonly metadata?:
    | {
        readonly [name: string]: string | number | boolean;
      }
    | null
    | undefined;
  /** Impressions to reach in all, on each local day, or both, evenly or as soon as possible. `daily` is not above `total`; days are of `timezone`, an IANA name, by default UTC. A patch gives all of it: it is not merged with what the ad has, and null removes it. */
  readonly goal?:
    | {
        readonly impressions: { readonly total?: number | undefined; readonly daily?: number | undefined };
        readonly pacing: 'even' | 'asap';
        readonly timezone?: string | undefined;
      }
    | null
    | undefined;
  /** How often one user gets the ad, or with the scope `campaign` the ads of its campaign together: `max` times in each period `per`, `PT1M` to `P30D`. A decision without a user leaves the ad out, unless `anonymous` is `serve`. A patch gives all of it: it is not merged with what the ad has, and null removes it. */
  readonly frequency?:
    | {
        readonly max: number;
        readonly per: string;
        readonly scope: 'ad' | 'campaign';
        readonly anonymous?: 'skip' | 'serve' | undefined;
      }
    | null
    | undefined;
};

export type AdsImported = {
  /** How many of the ads are logged. */
  readonly accepted: number;
  /** With 207: the ads that were not logged, as far as is known. */
  readonly failed?:
    | readonly {
        /** The index in the list of the request. */
        readonly index: number;
        /** true: it may still have been logged; false: it was certainly not logged. */
        readonly ambiguous: boolean;
      }[]
    | undefined;
  /** With `Prefer: wait`: one entry for each ad, in the order of the request. */
  readonly ads?:
    | readonly {
        readonly external_id: string;
        /** What became of the ad. `accepted`: it is logged and not yet decided. */
        readonly result: 'created' | 'updated' | 'unchanged' | 'refused' | 'accepted';
        /** null if it was refused or is not yet decided. */
        readonly id: string | null;
        readonly version: number | null;
        /** Why it was refused. */
        readonly problem?: Problem | undefined;
      }[]
    | undefined;
};

export type AdList = {
  readonly ads: readonly Ad[];
  /** The `cursor` of the next page; null: this was the last page. */
  readonly next_cursor: string | null;
};

/** Who looks, and the places to fill. */
export type DecisionInput = {
  /** Your name for the person. It is not kept. */
  readonly user?: string | undefined;
  /** The age of the person. If missing, it does not filter. `unknown`: only ads that do not target age. */
  readonly age?: number | string | undefined;
  /** The country. If missing, it does not filter. `unknown`: only ads that do not target country. */
  readonly country?: string | undefined;
  /** The gender of the person. If missing, it does not filter. `unknown`: only ads that do not target gender. */
  readonly gender?: 'M' | 'F' | 'unknown' | undefined;
  /** The platform of the person. If missing, it does not filter. `unknown`: only ads that do not target platform. */
  readonly platform?: 'android' | 'ios' | 'web' | 'unknown' | undefined;
  /** The places that show ads, each id once; 20 ads in all. They are filled in this order. */
  readonly placements: readonly {
    /** Your name for the place. */
    readonly id: string;
    /** The most ads that it shows; default 1. */
    readonly count?: number | undefined;
  }[];
  /** What is not to be chosen. */
  readonly exclude?:
    | {
        /** Ids of ads. */
        readonly ads?: readonly string[] | undefined;
        /** Campaigns. */
        readonly campaigns?: readonly string[] | undefined;
      }
    | undefined;
  /** `beacon` (default): impressions are counted when their `impression_url` is loaded. `served`: with this answer, for pages made by a server and for apps without pictures. */
  readonly count?: 'beacon' | 'served' | undefined;
};

export type Decisions = {
  /** In the order of the request. Without an ad to show, the list of a placement is empty. */
  readonly decisions: readonly { readonly placement: string; readonly ads: readonly DecidedAd[] }[];
  /** Ads that were chosen and not sent: the answer would be over 256 KiB. */
  readonly left_out?: number | undefined;
};

/** An ad, and what reports what became of it. */
export type DecidedAd = {
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
  /** This and the fields below are missing if they are not set. */
  readonly external_id?: string | undefined;
  readonly status?: 'active' | 'paused' | undefined;
  readonly priority?: number | undefined;
  readonly weight?: number | undefined;
  readonly click_url?: string | undefined;
  readonly image_url?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly campaign_id?: string | undefined;
  readonly metadata?:
    | {
        readonly [name: string]: string | number | boolean;
      }
    | undefined;
  readonly goal?:
    | {
        readonly impressions: { readonly total?: number | undefined; readonly daily?: number | undefined };
        readonly pacing: 'even' | 'asap';
        readonly timezone?: string | undefined;
      }
    | undefined;
  readonly frequency?:
    | {
        readonly max: number;
        readonly per: string;
        readonly scope: 'ad' | 'campaign';
        readonly anonymous?: 'skip' | 'serve' | undefined;
      }
    | undefined;
  /** RFC 3339, UTC, with milliseconds. */
  readonly created_at: string;
  readonly version: number;
  /** Its end, in answers that were asked for ads that have ended; missing while the ad is live. */
  readonly ended_at?: string | undefined;
  readonly decision: {
    /** Names this decision, for `POST /api/v1/events`. */
    readonly token: string;
    /** Impressions count until just before this instant, clicks for a day after the decision. */
    readonly expires_at: string;
    /** To load when the ad is seen: a picture of one pixel, or a beacon. Missing with `count: served`. */
    readonly impression_url?: string | undefined;
    /** Counts the click and redirects to the `click_url` of the ad. Missing if the ad has none. */
    readonly click_url?: string | undefined;
  };
};

/** A decision to explain, and an ad. */
export type DecisionQuestion = {
  /** Your name for the person. It is not kept. */
  readonly user?: string | undefined;
  /** The age of the person. If missing, it does not filter. `unknown`: only ads that do not target age. */
  readonly age?: number | string | undefined;
  /** The country. If missing, it does not filter. `unknown`: only ads that do not target country. */
  readonly country?: string | undefined;
  /** The gender of the person. If missing, it does not filter. `unknown`: only ads that do not target gender. */
  readonly gender?: 'M' | 'F' | 'unknown' | undefined;
  /** The platform of the person. If missing, it does not filter. `unknown`: only ads that do not target platform. */
  readonly platform?: 'android' | 'ios' | 'web' | 'unknown' | undefined;
  /** The places that show ads, each id once; 20 ads in all. They are filled in this order. */
  readonly placements: readonly {
    /** Your name for the place. */
    readonly id: string;
    /** The most ads that it shows; default 1. */
    readonly count?: number | undefined;
  }[];
  /** What is not to be chosen. */
  readonly exclude?:
    | {
        /** Ids of ads. */
        readonly ads?: readonly string[] | undefined;
        /** Campaigns. */
        readonly campaigns?: readonly string[] | undefined;
      }
    | undefined;
  /** The ad to explain. */
  readonly ad?: string | undefined;
};

export type DecisionExplanation = {
  /** RFC 3339, UTC, with milliseconds. */
  readonly at: string;
  /** Live ads. */
  readonly live: number;
  /** Each priority with a match, the first first. */
  readonly priorities: readonly {
    readonly priority: number;
    /** Ads that have started and not ended, and whose targets admit the person. */
    readonly matched: number;
    readonly paused: number;
    /** Excluded by id. */
    readonly excluded_ads: number;
    /** Excluded by campaign alone. */
    readonly excluded_campaigns: number;
    /** Not excluded, but nothing remains of their `goal`. This and the other fields of goals are absent if no ad here has one. */
    readonly done?: number | undefined;
    /** The same, but their `goal` keeps them back now. */
    readonly waiting?: number | undefined;
    /** When the first of them may be chosen again: its plan goes on, what nobody saw comes back, or its next day begins. null: a few seconds after a decision has drawn it for the first time. Only with `waiting`. */
    readonly waiting_until?: string | null | undefined;
    /** None of that, but the user has got them as often as their `frequency` allows, or there is no user. */
    readonly capped: number;
    /** Those that are drawn from. */
    readonly ready: number;
    /** Of those, the ones that are drawn first, because they are behind their `goal`. */
    readonly behind?: number | undefined;
    /** Of those, the ones whose `goal` was not looked at: with a token an explanation looks at 100, without one at none. Absent if there are none. */
    readonly goals_unread?: number | undefined;
  }[];
  /** The ad of the request; null without one. */
  readonly ad: {
    readonly id: string;
    /** Why the ad is not chosen; null: it is among those that are drawn from. `unknown`: no live ad has this id. `done`: nothing remains of its goal. `waiting`: its goal keeps it back now. */
    readonly excluded_by:
      | 'unknown'
      | 'started'
      | 'not_ended'
      | 'paused'
      | 'age'
      | 'gender'
      | 'platform'
      | 'country'
      | 'excluded_ad'
      | 'excluded_campaign'
      | 'done'
      | 'waiting'
      | 'capped'
      | 'higher_priority'
      | 'others_behind'
      | 'same_campaign'
      | null;
    /** When it may be chosen again: its plan goes on, what nobody saw comes back, or its next day begins. null: a few seconds after a decision has drawn it for the first time. Only with `waiting`. */
    readonly waiting_until?: string | null | undefined;
  } | null;
};

/** Impressions and clicks to report. */
export type EventsInput = {
  readonly events: readonly {
    /** The token of a decision. */
    readonly token: string;
    readonly type: 'impression' | 'click';
  }[];
};

export type EventsTaken = {
  readonly accepted: number;
  /** Events that will never count. `invalid`: no token of this stage; `expired`: the decision is too old. */
  readonly rejected: readonly { readonly index: number; readonly reason: 'invalid' | 'expired' }[];
  /** With 207: send these again. */
  readonly failed?:
    | readonly {
        /** The index in the list of the request. */
        readonly index: number;
        /** true: it may still have been logged; false: it was certainly not logged. */
        readonly ambiguous: boolean;
      }[]
    | undefined;
};

/** What was counted of an ad. */
export type Delivery = {
  readonly id: string;
  /** Exact, also beyond 2^53: read it as a big integer. */
  readonly impressions: ExactInteger;
  /** Exact, also beyond 2^53: read it as a big integer. */
  readonly clicks: ExactInteger;
  /** Clicks for each impression, to six decimals; null without impressions. */
  readonly ctr: number | null;
  /** Reports that were accepted and are in neither number. */
  readonly not_counted: {
    /** Exact, also beyond 2^53: read it as a big integer. */
    readonly duplicate: ExactInteger;
    /** Exact, also beyond 2^53: read it as a big integer. */
    readonly late: ExactInteger;
    readonly invalid: {
      /** Exact, also beyond 2^53: read it as a big integer. */
      readonly bot: ExactInteger;
      /** Exact, also beyond 2^53: read it as a big integer. */
      readonly prefetch: ExactInteger;
      /** Exact, also beyond 2^53: read it as a big integer. */
      readonly no_user_agent: ExactInteger;
    };
  };
  readonly goal?:
    | {
        readonly impressions: { readonly total?: number | undefined; readonly daily?: number | undefined };
        readonly pacing: 'even' | 'asap';
        readonly timezone?: string | undefined;
      }
    | undefined;
  /** Impressions that are left of the `total` of the goal; absent without one. */
  readonly remaining?: number | undefined;
  /** What was counted today of a `daily` goal, while the ad runs. */
  readonly today?:
    | {
        /** In the `timezone` of the goal. */
        readonly date: string;
        readonly impressions: number;
        readonly remaining: number;
      }
    | undefined;
  /** Each decision for an ad with a goal spends a right. Only of an ad with a goal. */
  readonly rights?:
    | {
        /** Those whose impressions have neither been seen nor given up. */
        readonly out: number;
        /** Those that came back since the goal was set, because nobody saw what they were for. */
        readonly returned: number;
      }
    | undefined;
  /** Against a straight line from its start to shortly before its end: of today with a `daily` goal, in all without one, and after its end. */
  readonly pace?:
    | {
        /** Impressions that the plan has by now. */
        readonly planned: number;
        /** Those counted for each one planned, to six decimals; null if none is planned yet. */
        readonly ratio: number | null;
        /** `waiting`: it has not started. `done`: its goal is reached. `over`: it has ended before that. `behind`: its plan is ahead by more than 8 impressions and more than 1 % of the goal. */
        readonly state: 'waiting' | 'done' | 'over' | 'behind' | 'on_plan';
      }
    | undefined;
  readonly bucket: 'minute' | 'hour' | 'day';
  /** The start of the first bucket; later than requested if older buckets have expired. */
  readonly from: string;
  /** The end of the last bucket. */
  readonly to: string;
  /** Every bucket of the range, by its start (UTC). */
  readonly points: readonly {
    /** RFC 3339, UTC, with milliseconds. */
    readonly at: string;
    /** Exact, also beyond 2^53: read it as a big integer. */
    readonly impressions: ExactInteger;
    /** Exact, also beyond 2^53: read it as a big integer. */
    readonly clicks: ExactInteger;
    /** Impressions that the present goal plans for this bucket, if its `pacing` is `even`; absent otherwise. */
    readonly planned?: number | undefined;
  }[];
};

export type CampaignDelivery = {
  readonly campaign_id: string;
  /** Its live ads, by id; or those that have ended, the newest end first. */
  readonly ads: readonly {
    readonly id: string;
    readonly title: string;
    /** Exact, also beyond 2^53: read it as a big integer. */
    readonly impressions: ExactInteger;
    /** Exact, also beyond 2^53: read it as a big integer. */
    readonly clicks: ExactInteger;
    /** Clicks for each impression, to six decimals; null without impressions. */
    readonly ctr: number | null;
    /** Reports that were accepted and are in neither number. */
    readonly not_counted: {
      /** Exact, also beyond 2^53: read it as a big integer. */
      readonly duplicate: ExactInteger;
      /** Exact, also beyond 2^53: read it as a big integer. */
      readonly late: ExactInteger;
      readonly invalid: {
        /** Exact, also beyond 2^53: read it as a big integer. */
        readonly bot: ExactInteger;
        /** Exact, also beyond 2^53: read it as a big integer. */
        readonly prefetch: ExactInteger;
        /** Exact, also beyond 2^53: read it as a big integer. */
        readonly no_user_agent: ExactInteger;
      };
    };
    readonly goal?:
      | {
          readonly impressions: { readonly total?: number | undefined; readonly daily?: number | undefined };
          readonly pacing: 'even' | 'asap';
          readonly timezone?: string | undefined;
        }
      | undefined;
    /** Impressions that are left of the `total` of the goal; absent without one. */
    readonly remaining?: number | undefined;
    /** What was counted today of a `daily` goal, while the ad runs. */
    readonly today?:
      | {
          /** In the `timezone` of the goal. */
          readonly date: string;
          readonly impressions: number;
          readonly remaining: number;
        }
      | undefined;
    /** Each decision for an ad with a goal spends a right. Only of an ad with a goal. */
    readonly rights?:
      | {
          /** Those whose impressions have neither been seen nor given up. */
          readonly out: number;
          /** Those that came back since the goal was set, because nobody saw what they were for. */
          readonly returned: number;
        }
      | undefined;
    /** Against a straight line from its start to shortly before its end: of today with a `daily` goal, in all without one, and after its end. */
    readonly pace?:
      | {
          /** Impressions that the plan has by now. */
          readonly planned: number;
          /** Those counted for each one planned, to six decimals; null if none is planned yet. */
          readonly ratio: number | null;
          /** `waiting`: it has not started. `done`: its goal is reached. `over`: it has ended before that. `behind`: its plan is ahead by more than 8 impressions and more than 1 % of the goal. */
          readonly state: 'waiting' | 'done' | 'over' | 'behind' | 'on_plan';
        }
      | undefined;
  }[];
  /** The `cursor` of the next page; null: this was the last page. */
  readonly next_cursor: string | null;
};

export type Increment = {
  /** The name of the counter. No control characters; a stage may require UUIDs, in upper or lower case alike. */
  readonly key: string;
  /** The amount to add. */
  readonly value: number;
};

/** The total by its key; empty if it is not yet known. */
export type Totals = {
  readonly [name: string]: ExactInteger;
};

export type Increments = {
  readonly increments: readonly {
    /** The name of the counter. No control characters; a stage may require UUIDs, in upper or lower case alike. */
    readonly key: string;
    /** The amount to add. */
    readonly value: number;
  }[];
};

export type IncrementsTaken = {
  readonly accepted: number;
  /** With 207: the increments that failed. */
  readonly failed?:
    | readonly {
        /** The index in the list of the request. */
        readonly index: number;
        /** true: it may still have been logged; false: it was certainly not logged. */
        readonly ambiguous: boolean;
      }[]
    | undefined;
  /** A Consistency-Token per key, with `Prefer: return=representation`. */
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
  /** The start of the first bucket; later than requested if older buckets have expired. */
  readonly from: string;
  /** The end of the last bucket. */
  readonly to: string;
  /** Every bucket of the range, by its start (UTC). */
  readonly points: readonly {
    /** RFC 3339, UTC, with milliseconds. */
    readonly at: string;
    /** Exact, also beyond 2^53: read it as a big integer. */
    readonly value: ExactInteger;
  }[];
};

export type Counters = {
  /** The counters that exist, in the order of the request. */
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
  /** The true amount is at most `value`, and at least `value - error_max`. */
  readonly error_max: ExactInteger;
};

export type ManySeries = {
  /** Of the counters that exist, in the order of the request. */
  readonly series: readonly CounterSeries[];
};

export type HotCounters = {
  /** Estimated amounts of the last minutes, greatest first. */
  readonly recent: { readonly window_ms: number; readonly keys: readonly HotCounter[] };
  /** The exact totals of the keys that sketches have seen, greatest first. */
  readonly all: { readonly keys: readonly HotCounter[] };
};

/** null: this runtime does not know the number. */
export type Stats = {
  readonly stage: string;
  /** The end of the window of the rates. */
  readonly at: string;
  readonly source: 'process' | 'cloudwatch';
  /** The numbers change no more often than this. */
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
    /** Increments of `mode=sync`, which are not in the log. */
    readonly added_at_once: number;
    /** Calls that read ads. */
    readonly ad_reads: number;
    /** Calls that read counters. */
    readonly counter_reads: number;
    /** Changes of ads that created a version. */
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
    /** Increments of `mode=sync`, which are not in the log. */
    readonly added_at_once: number;
    /** Calls that read ads. */
    readonly ad_reads: number;
    /** Calls that read counters. */
    readonly counter_reads: number;
    /** Changes of ads that created a version. */
    readonly ad_changes: number;
    /** Increments of keyed requests that were already counted. */
    readonly duplicates: number;
    /** Increment records moved to the quarantine. */
    readonly quarantined: number;
    /** Quarantined records settled by a redrive. */
    readonly redriven: number;
    /** accepted - counted - duplicates - quarantined. Negative: increments logged before `since` were counted after it. */
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
    /** null: the number of shards changes with the load. */
    readonly shard_count: number | null;
    readonly lanes_per_shard: number;
    readonly records_behind: number | null;
    readonly oldest_age_ms: number | null;
    readonly log_bytes: number | null;
    /** null: only the stream as a whole is known. */
    readonly shards:
      | readonly {
          readonly shard_id: string;
          readonly records_behind: number;
          /** null: there is no backlog. */
          readonly oldest_age_ms: number | null;
          readonly lanes: readonly {
            readonly records_behind: number;
            /** null: there is no backlog. */
            readonly oldest_age_ms: number | null;
            readonly busy: boolean;
          }[];
        }[]
      | null;
  }[];
  readonly readers: {
    /** The most concurrent calls: at least this many containers are warm. */
    readonly at_once: number | null;
    /** The newest version that a container has loaded. */
    readonly catalog_version: number | null;
    /** The age of the oldest catalog served while the store failed. */
    readonly stale_served_ms: number;
    /** The releases that answer reads of ads. null: not known at the moment. */
    readonly releases:
      | readonly {
          /** On AWS the version of `query-ads`. */
          readonly version: string;
          /** Its part of the calls. */
          readonly share: number;
          /** How many containers held the catalog before its first call. null: its release did not wait for any. */
          readonly warm_containers: number | null;
        }[]
      | null;
    readonly containers: readonly {
      readonly name: string;
      readonly catalog_version: number;
      readonly ads: number;
      /** null: it has not yet read an ad. */
      readonly checked_ago_ms: number | null;
    }[];
  };
  readonly ads: {
    readonly live: number | null;
    readonly live_max: number;
    /** All changes of ads since the first, each counted once. An event that took no effect is no change. null: not known at the moment, or not counted by an earlier release. */
    readonly changes: {
      /** The last change that is counted: the sum of the others. */
      readonly version: number;
      readonly created: number;
      readonly updated: number;
      readonly deleted: number;
      readonly expired: number;
    } | null;
  };
  /** The last scheduled audit of the counters. null: none is known. */
  readonly audit: {
    /** `unfinished`: it ran out of time and goes on at its next run. `failed`: its log says why. `not-auditable`: nothing differs, but the log no longer holds the whole history of some counters. */
    readonly status: 'equal' | 'different' | 'not-auditable' | 'unfinished' | 'failed';
    /** When it began. */
    readonly at: string;
    readonly counters: number;
    /** Counters whose total differs from the log. */
    readonly differences: number;
  } | null;
  /** The last run of the canary, which sends an increment through the log and reads it back. null: none is known. */
  readonly canary: {
    /** `late`: its increment was not counted within 10 s. `given-up`: it is in the quarantine. `lost`, `doubled`: the total differs from what was sent. `restarted`: the table was restored. */
    readonly status: 'counted' | 'late' | 'given-up' | 'lost' | 'doubled' | 'restarted';
    /** When it began. */
    readonly at: string;
  } | null;
};

export type QuarantinePage = {
  readonly records: readonly Quarantined[];
  /** Entries that exist but cannot be read. */
  readonly unreadable: readonly string[];
  readonly next_cursor: string | null;
};

export type Quarantined = {
  /** `<stream>/<epoch>/<shard>/<sequence number>`. */
  readonly id: string;
  /** `unfinished`: an attempt stored it and did not finish; its consumer still has it. */
  readonly state: 'quarantined' | 'counted' | 'redriven' | 'dropped' | 'unfinished';
  readonly reason: string;
  readonly bytes: number;
  /** For an increment: the counter key, which comes from a caller. */
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
    /** `ended-before`: the record was settled before. `log-unavailable`, `unavailable`: try again. `redriven`: the ad event is in the log again. */
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

export type Usage = {
  /** The caller: the principal of its token, or `anonymous`. */
  readonly principal: string;
  /** Oldest first (UTC). Kept for 400 days. */
  readonly days: readonly {
    readonly day: string;
    /** Calls that a function answered, whatever the status. Health, documents, statistics and the quarantine are not counted. */
    readonly calls: number;
    /** Increments that answers acknowledged. The replay of an Idempotency-Key acknowledges none again. */
    readonly increments: number;
  }[];
};

export type Callers = {
  readonly day: string;
  /** The callers of the day, by principal. */
  readonly callers: readonly {
    readonly principal: string;
    /** Calls that a function answered, whatever the status. Health, documents, statistics and the quarantine are not counted. */
    readonly calls: number;
    /** Increments that answers acknowledged. The replay of an Idempotency-Key acknowledges none again. */
    readonly increments: number;
  }[];
  /** The cursor of the next page; null: this was the last. */
  readonly next_cursor: string | null;
};

/** Addresses, relative to this page. */
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
  /** false: alive, but a dependency does not answer, or the disk is full. */
  readonly ready: boolean;
  readonly facts?:
    | {
        readonly [name: string]: unknown;
      }
    | undefined;
  /** The last scheduled audit of the counters. null: none is known. */
  readonly audit: {
    /** `unfinished`: it ran out of time and goes on at its next run. `failed`: its log says why. `not-auditable`: nothing differs, but the log no longer holds the whole history of some counters. */
    readonly status: 'equal' | 'different' | 'not-auditable' | 'unfinished' | 'failed';
    /** When it began. */
    readonly at: string;
    readonly counters: number;
    /** Counters whose total differs from the log. */
    readonly differences: number;
  } | null;
  /** The last run of the canary, which sends an increment through the log and reads it back. null: none is known. */
  readonly canary: {
    /** `late`: its increment was not counted within 10 s. `given-up`: it is in the quarantine. `lost`, `doubled`: the total differs from what was sent. `restarted`: the table was restored. */
    readonly status: 'counted' | 'late' | 'given-up' | 'lost' | 'doubled' | 'restarted';
    /** When it began. */
    readonly at: string;
  } | null;
  readonly [name: string]: unknown;
};

export type OpenApiDocument = { readonly openapi: string; readonly [name: string]: unknown };
