"""A round trip with the client that openapi-generator makes for Python. One line a step: `step NAME ok`, or
`step NAME failed: WHY`. ADTALLY_URL names the server, ADTALLY_TOKEN a token with every scope."""

import os
import time
from datetime import datetime

import adtally
from adtally.exceptions import ApiException

DAY = "2036-01-01T00:00:00Z"
DAY_AFTER = "2036-01-02T00:00:00Z"
# The largest value that one increment may have: 2^53 - 1.
MOST = 9007199254740991
# Three times that: beyond 2^53, and no float has it.
THREE_TIMES = 27021597764222973


def step(name):
    """Runs the function at once and prints how it went."""

    def run(function):
        try:
            function()
            print(f"step {name} ok")
        except Exception as why:
            print(f"step {name} failed: {type(why).__name__}: {' '.join(str(why).split())}")

    return run


def equal(what, actual, wanted):
    if actual != wanted:
        raise AssertionError(f"{what} is {actual!r}, not {wanted!r}")


def refusal(status, call):
    """The problem that a call is refused with."""
    try:
        call()
    except ApiException as refused:
        equal("status", refused.status, status)
        return refused.data
    raise AssertionError("not refused")


def token_of(answer):
    """Headers come in a plain dictionary, in the case in which they were sent."""
    return {name.lower(): value for name, value in answer.headers.items()}.get("consistency-token")


configuration = adtally.Configuration(
    host=os.environ["ADTALLY_URL"], access_token=os.environ["ADTALLY_TOKEN"]
)
client = adtally.ApiClient(configuration)
ads = adtally.AdsApi(client)
counters = adtally.CountersApi(client)

ad_input = adtally.AdInput(
    title="Umbrellas",
    content="Half price, today only",
    start_at="2026-01-01T00:00:00Z",
    end_at=DAY,
    age_start=18,
    age_end=30,
    country=[adtally.Country.TW, adtally.Country.JP],
)
created = {}


@step("create-accepted")
def _():
    answer = ads.create_ad_with_http_info(ad_input, idempotency_key="python/accepted")
    equal("status", answer.status_code, 202)
    equal("id known", answer.data.id is not None, True)
    equal("version", answer.data.version, None)
    equal("token known", token_of(answer) is not None, True)


@step("create-applied")
def _():
    answer = ads.create_ad_with_http_info(ad_input, prefer="wait=10")
    equal("status", answer.status_code, 201)
    equal("title", answer.data.title, "Umbrellas")
    equal("version known", answer.data.version is not None, True)
    equal("country", answer.data.country, [adtally.Country.JP, adtally.Country.TW])
    created["id"] = answer.data.id


@step("query")
def _():
    page = ads.query_ads(age="24", country="TW", limit=100)
    equal("found", sum(ad.id == created["id"] for ad in page.ads), 1)
    equal("total is at least the page", page.total >= len(page.ads), True)


@step("get")
def _():
    ad = ads.get_ad(created["id"])
    equal("age_start", ad.age_start, 18)
    equal("end_at", ad.end_at, datetime.fromisoformat(DAY))


@step("patch")
def _():
    patch = adtally.AdPatch(end_at=DAY_AFTER, age_start=None)
    answer = ads.update_ad_with_http_info(created["id"], patch, prefer="wait=10")
    equal("status", answer.status_code, 200)
    equal("age_start", answer.data.age_start, None)
    equal("end_at", answer.data.end_at, datetime.fromisoformat(DAY_AFTER))
    equal("title", answer.data.title, "Umbrellas")


@step("increment")
def _():
    answer = counters.increment_with_http_info(adtally.Increment(key="python/one", value=3))
    equal("status", answer.status_code, 202)
    equal("totals", answer.data, {})
    equal("value", counters.get_counter("python/one", consistency_token=token_of(answer)).value, 3)


@step("increment-sync")
def _():
    increment = adtally.Increment(key="python/sync", value=3000000000)
    answer = counters.increment_with_http_info(increment, mode="sync")
    equal("status", answer.status_code, 200)
    equal("totals", answer.data, {"python/sync": 3000000000})


@step("batch")
def _():
    third = {"key": "python/total", "value": MOST}
    body = adtally.Increments.from_dict(
        {"increments": [{"key": "python/many", "value": 3000000000}, third, third, third]}
    )
    answer = counters.increment_many_with_http_info(body)
    equal("status", answer.status_code, 202)
    equal("accepted", answer.data.accepted, 4)
    keys = ["python/many", "python/total"]
    read = counters.get_counters(key=keys, consistency_token=token_of(answer))
    equal("values", [counter.value for counter in read.counters], [3000000000, THREE_TIMES])


@step("total")
def _():
    equal("totals", counters.get_total("python/total"), {"python/total": THREE_TIMES})


@step("series")
def _():
    keys = ["python/total", "python/never", "python/many"]
    found = counters.get_series(key=keys, bucket="day").series
    sums = {one.key: sum(point.value for point in one.points) for one in found}
    equal("sums", sums, {"python/total": THREE_TIMES, "python/many": 3000000000})


@step("hot")
def _():
    # The list lags by seconds.
    for _attempt in range(60):
        known = {counter.key: counter.value for counter in counters.get_hot_counters(limit=100).all.keys}
        if "python/total" in known:
            equal("value", known["python/total"], THREE_TIMES)
            return
        time.sleep(0.5)
    raise AssertionError("python/total is not among the hot counters")


@step("refused")
def _():
    faulty = adtally.AdInput(title="Umbrellas", content="Half price", start_at=DAY_AFTER, end_at=DAY)
    problem = refusal(400, lambda: ads.create_ad(faulty))
    equal("type", problem.type, "urn:adtally:problem:invalid-request")
    equal("path", problem.errors[0].path, "end_at")


@step("missing")
def _():
    problem = refusal(404, lambda: counters.get_counter("python/never"))
    equal("problem's status", problem.status, 404)
