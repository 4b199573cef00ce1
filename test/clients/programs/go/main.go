// A round trip with the client that openapi-generator makes for Go. One line a step: `step NAME ok`, or
// `step NAME failed: WHY`. ADTALLY_URL names the server, ADTALLY_TOKEN a token with every scope.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	adtally "example.com/adtally/client"
)

const (
	day      = "2036-01-01T00:00:00Z"
	dayAfter = "2036-01-02T00:00:00Z"
	// The largest value that one increment may have: 2^53 - 1.
	most = int64(9007199254740991)
	// Three times that: beyond 2^53, and no float64 has it.
	threeTimes = int64(27021597764222973)
)

func main() {
	configuration := adtally.NewConfiguration()
	configuration.Servers = adtally.ServerConfigurations{{URL: os.Getenv("ADTALLY_URL")}}
	client := adtally.NewAPIClient(configuration)
	ctx := context.WithValue(context.Background(), adtally.ContextAccessToken, os.Getenv("ADTALLY_TOKEN"))
	ads, counters := client.AdsAPI, client.CountersAPI

	input := *adtally.NewAdInput("Umbrellas", "Half price, today only", "2026-01-01T00:00:00Z", day)
	input.SetAgeStart(18)
	input.SetAgeEnd(30)
	input.Country = []adtally.Country{"TW", "JP"}
	var id string

	step("create-accepted", func() {
		ad, response, err := ads.CreateAd(ctx).AdInput(input).IdempotencyKey("go/accepted").Execute()
		check(err)
		equal("status", response.StatusCode, 202)
		equal("id", len(ad.Id), 36)
		equal("version known", ad.Version.Get() != nil, false)
		equal("token", response.Header.Get("Consistency-Token") != "", true)
	})
	step("create-applied", func() {
		ad, response, err := ads.CreateAd(ctx).AdInput(input).Prefer("wait=10").Execute()
		check(err)
		equal("status", response.StatusCode, 201)
		equal("title", ad.GetTitle(), "Umbrellas")
		equal("version known", ad.Version.Get() != nil, true)
		equal("country", fmt.Sprint(ad.Country), "[JP TW]")
		id = ad.Id
	})
	step("query", func() {
		page, _, err := ads.QueryAds(ctx).Age("24").Country("TW").Limit(100).Execute()
		check(err)
		found := 0
		for _, ad := range page.Ads {
			if ad.Id == id {
				found++
			}
		}
		equal("found", found, 1)
		equal("total is at least the page", page.Total >= int64(len(page.Ads)), true)
	})
	step("get", func() {
		ad, _, err := ads.GetAd(ctx, id).Execute()
		check(err)
		equal("age_start", *ad.AgeStart.Get(), int32(18))
		equal("end_at", ad.EndAt.Format("2006-01-02T15:04:05Z07:00"), day)
	})
	step("patch", func() {
		patch := adtally.AdPatch{}
		patch.SetEndAt(dayAfter)
		patch.SetAgeStartNil()
		ad, response, err := ads.UpdateAd(ctx, id).AdPatch(patch).Prefer("wait=10").Execute()
		check(err)
		equal("status", response.StatusCode, 200)
		equal("age_start known", ad.AgeStart.Get() != nil, false)
		equal("end_at", ad.EndAt.Format("2006-01-02T15:04:05Z07:00"), dayAfter)
		equal("title", ad.GetTitle(), "Umbrellas")
	})
	step("increment", func() {
		totals, response, err := counters.Increment(ctx).Increment(*adtally.NewIncrement("go/one", 3)).Execute()
		check(err)
		equal("status", response.StatusCode, 202)
		equal("totals", len(totals), 0)
		token := response.Header.Get("Consistency-Token")
		counter, _, err := counters.GetCounter(ctx, "go/one").ConsistencyToken(token).Execute()
		check(err)
		equal("value", counter.Value, int64(3))
	})
	step("increment-sync", func() {
		increment := *adtally.NewIncrement("go/sync", 3000000000)
		totals, response, err := counters.Increment(ctx).Mode("sync").Increment(increment).Execute()
		check(err)
		equal("status", response.StatusCode, 200)
		equal("total", totals["go/sync"], int64(3000000000))
	})
	step("batch", func() {
		body := adtally.Increments{}
		check(json.Unmarshal([]byte(`{"increments":[{"key":"go/many","value":3000000000}]}`), &body))
		third := body.Increments[0]
		third.Key, third.Value = "go/total", most
		body.Increments = append(body.Increments, third, third, third)
		accepted, response, err := counters.IncrementMany(ctx).Increments(body).Execute()
		check(err)
		equal("status", response.StatusCode, 202)
		equal("accepted", int64(accepted.Accepted), int64(4))
		token := response.Header.Get("Consistency-Token")
		read, _, err := counters.GetCounters(ctx).Key([]string{"go/many", "go/total"}).ConsistencyToken(token).Execute()
		check(err)
		equal("many", read.Counters[0].Value, int64(3000000000))
		equal("total", read.Counters[1].Value, threeTimes)
	})
	step("total", func() {
		totals, _, err := counters.GetTotal(ctx, "go/total").Execute()
		check(err)
		equal("total", totals["go/total"], threeTimes)
	})
	step("series", func() {
		keys := []string{"go/total", "go/never", "go/many"}
		read, _, err := counters.GetSeries(ctx).Key(keys).Bucket("day").Execute()
		check(err)
		equal("counters", len(read.Series), 2)
		for i, wanted := range []int64{threeTimes, 3000000000} {
			sum := int64(0)
			for _, point := range read.Series[i].Points {
				sum += point.Value
			}
			equal(read.Series[i].Key, sum, wanted)
		}
	})
	step("hot", func() {
		// The list lags by seconds.
		for attempt := 0; attempt < 60; attempt++ {
			hot, _, err := counters.GetHotCounters(ctx).Limit(100).Execute()
			check(err)
			for _, known := range hot.All.Keys {
				if known.Key == "go/total" {
					equal("value", known.Value, threeTimes)
					return
				}
			}
			time.Sleep(500 * time.Millisecond)
		}
		panic("go/total is not among the hot counters")
	})
	step("refused", func() {
		faulty := *adtally.NewAdInput("Umbrellas", "Half price", dayAfter, day)
		_, response, err := ads.CreateAd(ctx).AdInput(faulty).Execute()
		problem := problemOf(err)
		equal("status", response.StatusCode, 400)
		equal("type", problem.Type, "urn:adtally:problem:invalid-request")
		equal("path", problem.Errors[0].Path, "end_at")
	})
	step("missing", func() {
		_, response, err := counters.GetCounter(ctx, "go/never").Execute()
		problem := problemOf(err)
		equal("status", response.StatusCode, http.StatusNotFound)
		equal("problem's status", int(problem.Status), http.StatusNotFound)
	})
}

func problemOf(err error) adtally.Problem {
	var refused *adtally.GenericOpenAPIError
	if !errors.As(err, &refused) {
		panic(fmt.Sprintf("not refused: %v", err))
	}
	return refused.Model().(adtally.Problem)
}

func step(name string, run func()) {
	defer func() {
		if why := recover(); why != nil {
			fmt.Printf("step %s failed: %v\n", name, why)
		} else {
			fmt.Printf("step %s ok\n", name)
		}
	}()
	run()
}

func check(err error) {
	var refused *adtally.GenericOpenAPIError
	if errors.As(err, &refused) {
		panic(fmt.Sprintf("%v: %s", err, refused.Body()))
	}
	if err != nil {
		panic(err)
	}
}

func equal[T comparable](what string, actual T, wanted T) {
	if actual != wanted {
		panic(fmt.Sprintf("%s is %v, not %v", what, actual, wanted))
	}
}
