/**
 * The officially assigned ISO 3166-1 alpha-2 codes, 249 of them (iso.org/obp/ui); equal to the codes of
 * iso3166.tab in the IANA time zone database 2025b. No user-assigned code such as XK.
 */
const codes =
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ ' +
  'BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ ' +
  'CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ ' +
  'DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR ' +
  'GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY ' +
  'HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP ' +
  'KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY ' +
  'MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ ' +
  'NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA ' +
  'RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ ' +
  'TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ ' +
  'VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW';

/** Upper case, sorted. */
export const countryCodes: readonly string[] = codes.split(' ');

/**
 * Whether a query may name this country: two upper-case letters, or T1. Networks that locate requests also
 * send XK (Kosovo), XX (unknown) and T1 (Tor), for instance in Cloudflare's CF-IPCountry.
 */
export function isAskedCountry(text: string): boolean {
  if (text.length !== 2) return false;
  const second = text.charCodeAt(1);
  return isUpperCase(text.charCodeAt(0)) && (isUpperCase(second) || text === 'T1');
}

function isUpperCase(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}
