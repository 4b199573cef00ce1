"""What schemathesis is told about this API: its token, how a valid request keeps the rules that JSON Schema cannot
say, and the failures that are none, each with its reason. Whatever else a check finds is a failure."""

import os
import re
import zlib
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests
import schemathesis

api_token = os.environ.get("ADTALLY_TOKEN")
TODAY = datetime.now(timezone.utc).date()

if api_token is not None:

    @schemathesis.auth()
    class ApiToken:
        def get(self, case, context):
            return api_token

        def set(self, case, data, context):
            case.headers["Authorization"] = f"Bearer {data}"


# Problems that depend on what was done before, not on the request alone.
BEYOND_THE_REQUEST = {
    "idempotency-key-reused": "an earlier request had the same Idempotency-Key",
    "precondition-failed": "the ad has another version than If-Match says",
    "over-limit": "there are as many ads as the stage allows",
}


BETWEEN_FIELDS = (
    "must not be below age_start",
    "must be after start_at",
    "must be in the future",
    "must have at most 20 keys and 2048 bytes as JSON, together with what the ad has",
)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """False: this is no failure."""
    if type(failure).__name__ == "UseAfterFree" and case.operation.path == "/api/v1/ad/{id}/delivery":
        # What an ad delivered is reported as long as its counters are kept, also if it is deleted.
        return False
    if type(failure).__name__ != "RejectedPositiveData":
        return True
    try:
        problem = response.json()
        kind = problem["type"].removeprefix("urn:adtally:problem:")
    except (ValueError, KeyError):
        return True
    if case.operation.method.upper() == "PATCH" and kind == "invalid-request":
        # The fields that a patch leaves out are the ad's: together they may break a rule between two of them.
        return not all(error["message"] in BETWEEN_FIELDS for error in problem["errors"])
    return kind not in BEYOND_THE_REQUEST


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes a request that follows its schema keep the rules between fields as well. Faulty requests stay as they are."""
    if case.operation.method.upper() == "DELETE":
        # Without it the answer is 202, and the ad is there for a moment longer.
        case.headers["Prefer"] = "wait=10"
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    body = case.body if isinstance(case.body, dict) else {}
    listed = body.get("ads") if isinstance(body.get("ads"), list) else []
    ads = [body, *(ad for ad in listed if isinstance(ad, dict))]
    for fields in (*ads, case.query):
        for name, value in fields.items():
            if name in ("start_at", "end_at", "from", "to", "at") and isinstance(value, str):
                fields[name] = existing_day(value)
    for index, ad in enumerate(ads):
        # The pattern of a URL says how it begins, not what a host may be.
        for name in ("click_url", "image_url"):
            if isinstance(ad.get(name), str):
                ad[name] = f"https://shop.example/{zlib.crc32(ad[name].encode())}"
        keep_metadata_small(ad)
        keep_goal_and_cap(ad)
        put_in_order(ad, "start_at", "end_at", "2026-01-31T09:30:00Z", "2036-01-31T09:30:00Z")
        put_ages_in_order(ad)
        # One ad of an import has an external id.
        if index > 0 and isinstance(ad.get("external_id"), str):
            ad["external_id"] = f"{index} {ad['external_id']}"[:128]
    # A series has at most 1,500 buckets, and those of 50 keys together 15,000.
    if case.operation.path.endswith(("/series", "/delivery")) and ("from" in case.query or "to" in case.query):
        case.query.update({"from": f"{TODAY - timedelta(days=1)}T00:00:00Z", "to": f"{TODAY}T00:00:00Z"})
    # Answers hand these out; no pattern makes one.
    case.query.pop("cursor", None)
    if case.operation.path.startswith("/t/"):
        report_decision(case)
    keep_placements_few(body)
    if "Consistency-Token" in case.headers:
        case.headers["Consistency-Token"] = consistency_token(case)
    # Lists of entity tags, which have a grammar of their own (RFC 9110, 8.8.3): mostly those that are met.
    for name, tags in ENTITY_TAGS.items():
        if name in case.headers:
            case.headers[name] = tags[len(case.headers[name]) % len(tags)]
    # Every other time a counter that exists.
    if len(case.path_parameters.get("key", "1")) % 2 == 0:
        consistency_token(case)
        case.path_parameters["key"] = COUNTER
    # One or the other, and the second is deprecated.
    if case.operation.path == "/api/v1/counters":
        case.query.pop("top", None)
        case.query.setdefault("key", [COUNTER])
        # The schema does not say uniqueItems: a set of keys, as Java then has, has no order.
        if isinstance(case.query["key"], list):
            case.query["key"] = list(dict.fromkeys(case.query["key"]))
    if case.operation.path == "/api/v1/series" and isinstance(case.query.get("key"), list):
        case.query["key"] = list(dict.fromkeys([COUNTER, *case.query["key"]]))[:50]
    # Mostly a key that names this request, which is then replayed instead of refused.
    key = case.headers.get("Idempotency-Key")
    if key is not None and len(key) % 4 != 0:
        request = (case.operation.label, case.path_parameters, case.query, case.body, case.headers.get("If-Match"))
        case.headers["Idempotency-Key"] = f"schemathesis-{zlib.crc32(repr(request).encode())}"


ENTITY_TAGS = {
    "If-Match": ("*", "*", "*", '"1", , "17"'),
    "If-None-Match": ('"1"', 'W/"1", , "17"', '"a"', "*"),
}
COUNTER = "schemathesis"


def keep_metadata_small(ad):
    """JSON Schema does not count the bytes of an object, nor has it words for what a text may not contain."""
    metadata = ad.get("metadata")
    if not isinstance(metadata, dict):
        return
    for key, value in metadata.items():
        if isinstance(value, str):
            metadata[key] = re.sub(r"[\x00-\x1f\x7f-\x9f]", "", value)[:20]
        elif isinstance(value, float) and not isinstance(value, bool):
            # What a double rounds is refused.
            metadata[key] = round(value) % 1000 + 0.5


def keep_goal_and_cap(ad):
    """A schema knows neither time zones, nor how long a period is, nor one number below another."""
    goal = ad.get("goal")
    if isinstance(goal, dict):
        if "timezone" in goal:
            goal["timezone"] = ("Asia/Taipei", "America/New_York", "UTC")[len(str(goal["timezone"])) % 3]
        impressions = goal.get("impressions")
        if isinstance(impressions, dict):
            if not impressions:
                impressions["total"] = 1000
            if "total" in impressions and "daily" in impressions:
                impressions["daily"] = min(impressions["daily"], impressions["total"])
    frequency = ad.get("frequency")
    if isinstance(frequency, dict):
        frequency["per"] = ("PT5M", "PT12H", "P1D")[len(str(frequency.get("per"))) % 3]
        frequency["scope"] = "ad"


def existing_day(time):
    """A pattern knows neither how long a month is nor that an offset leads out of the first or the last year."""
    time = re.sub(r"^(\d{4}-\d{2})-(?:29|30|31)", r"\1-28", time)
    return re.sub(r"^1970", "1971", re.sub(r"^9999", "9998", time))


def put_in_order(fields, first, second, early, late):
    """The first before the second; neither is looked at closely, for there are many spellings of a time."""
    if first in fields or second in fields:
        if not str(fields.get(first, "")) < early:
            fields[first] = early
        if not str(fields.get(second, "")) > late:
            fields[second] = late


def put_ages_in_order(body):
    """The younger first; 36.0 is an integer too. A patch with one of them alone meets the other as it is stored."""
    given = [body[name] for name in ("age_start", "age_end") if type(body.get(name)) in (int, float)]
    if given:
        body["age_start"], body["age_end"] = min(given), max(given)


def keep_placements_few(body):
    """Each place once, and 20 ads in all."""
    places = [place for place in body.get("placements", []) if isinstance(place, dict)]
    for index, place in enumerate(places):
        if isinstance(place.get("id"), str):
            place["id"] = f"{index}{place['id']}"[:64]
        if type(place.get("count")) in (int, float):
            place["count"] = min(place["count"], 2)


def report_decision(case):
    """Reports an impression or a click of a decision that the server made."""
    if "click_url" not in handed_out:
        handed_out["click_url"] = ask_for_decision(case)
    link = urlsplit(handed_out["click_url"])
    case.path_parameters["token"] = link.path.rsplit("/", 1)[1]
    if case.operation.path.startswith("/t/c/"):
        case.query.update(parse_qsl(link.query))


def ask_for_decision(case):
    """The link of a decision for an ad of its own, which comes before all others."""
    window = {"start_at": "2026-01-31T09:30:00Z", "end_at": "2036-01-31T09:30:00Z"}
    texts = {"title": "Green tea", "content": "Leaves", "click_url": "https://shop.example/tea"}
    ad = {**texts, **window, "priority": 1, "weight": 100, "country": ["AQ"], "platform": ["web"]}
    post(case, "/api/v1/ad", ad, {"Prefer": "wait=10"})
    audience = {"country": "AQ", "platform": "web"}
    answer = post(case, "/api/v1/decisions", {**audience, "placements": [{"id": "a", "count": 10}]}, {})
    ads = answer.json()["decisions"][0]["ads"]
    return next(ad["decision"]["click_url"] for ad in ads if "click_url" in ad["decision"])


def post(case, path, body, headers):
    """What the server that is tested answers."""
    url = urljoin(case.operation.schema.get_base_url(), path)
    if api_token:
        headers = {**headers, "Authorization": f"Bearer {api_token}"}
    answer = requests.post(url, json=body, headers=headers, timeout=15)
    answer.raise_for_status()
    return answer


handed_out = {}


def consistency_token(case):
    """The token of a write on the server that is tested."""
    if "token" not in handed_out:
        answer = post(case, "/increment", {"key": COUNTER, "value": 1}, {})
        handed_out["token"] = answer.headers["Consistency-Token"]
    return handed_out["token"]
