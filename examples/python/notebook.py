# %% [markdown]
# # A morning with adtally
#
# Imports two ads, counts 500 views and clicks exactly once, reads them back and draws them. Each cell can be
# run alone in an editor that knows `# %%`, or all of them with `python notebook.py`. README.md says how to
# make the package `adtally` that this uses.

# %%
import os
import random
import time
import uuid

import adtally
import urllib3
from adtally.exceptions import ApiException

configuration = adtally.Configuration(
    host=os.environ.get("ADTALLY_URL", "http://localhost:3333"),
    access_token=os.environ.get("ADTALLY_TOKEN") or None,
)
client = adtally.ApiClient(configuration)
ads = adtally.AdsApi(client)
counters = adtally.CountersApi(client)

# %% [markdown]
# ## Calls that take effect once
#
# A generated client does not retry. `once` does, at most five times, and gives all attempts one
# Idempotency-Key, by which the API knows them as one request.

# %%
TRIES_MAX = 5
PASSING = (429, 500, 502, 503, 504)


def once(call, *arguments, **options):
    key = str(uuid.uuid4())
    for attempt in range(1, TRIES_MAX + 1):
        try:
            return call(*arguments, idempotency_key=key, **options)
        except ApiException as refused:
            if refused.status not in PASSING or attempt == TRIES_MAX:
                raise
        except urllib3.exceptions.HTTPError:
            if attempt == TRIES_MAX:
                raise
        time.sleep(random.uniform(0, 0.1 * 2**attempt))


def token_of(answer):
    """A read that presents it includes what the answer is about."""
    return {name.lower(): value for name, value in answer.headers.items()}.get("consistency-token")


# %% [markdown]
# ## Import ads
#
# By their names in your own system. The same import again changes nothing.

# %%
rows = [("shop-1", "Tea time", "TW"), ("shop-2", "Coffee time", "JP")]
body = adtally.AdsImport.from_dict(
    {
        "ads": [
            {
                "external_id": name,
                "title": title,
                "content": title,
                "start_at": "2026-01-01T00:00:00Z",
                "end_at": "2036-01-01T00:00:00Z",
                "country": [country],
            }
            for name, title, country in rows
        ]
    }
)
for ad in once(ads.import_ads, body, prefer="wait=10").ads:
    print(ad.external_id, ad.result)

# %% [markdown]
# ## Count
#
# 500 increments in one request. Sent twice under one key, they are counted once.

# %%
increments = [
    {"key": "shop-1/clicks" if view % 10 == 0 else "shop-1/views", "value": 1} for view in range(500)
]
batch = adtally.Increments.from_dict({"increments": increments})
key = str(uuid.uuid4())
first = counters.increment_many_with_http_info(batch, idempotency_key=key)
again = counters.increment_many_with_http_info(batch, idempotency_key=key)
print(first.data.accepted, "increments, counted once")

# %% [markdown]
# ## Read

# %%
keys = ["shop-1/views", "shop-1/clicks"]
for counter in counters.get_counters(key=keys, consistency_token=token_of(first)).counters:
    print(counter.key, counter.value)

# %% [markdown]
# ## Draw
#
# Both counters over time in one call; here the last three minutes.

# %%
for series in counters.get_series(key=keys, bucket="minute").series:
    print(series.key)
    points = series.points[-3:]
    most = max(1, *(point.value for point in points))
    for point in points:
        print("  ", point.at.strftime("%H:%M"), "#" * (30 * point.value // most), point.value)

# %% [markdown]
# ## Errors
#
# A refused call raises an ApiException, whose `data` is the problem.

# %%
try:
    counters.get_counter("never/counted")
except ApiException as refused:
    print(f"{refused.data.type.rsplit(':', 1)[-1]}: {refused.data.detail}")
