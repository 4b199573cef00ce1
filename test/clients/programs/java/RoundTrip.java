import adtally.ApiClient;
import adtally.ApiException;
import adtally.JSON;
import adtally.api.AdsApi;
import adtally.api.AdsApi.APICreateAdRequest;
import adtally.api.AdsApi.APIGetAdRequest;
import adtally.api.AdsApi.APIQueryAdsRequest;
import adtally.api.AdsApi.APIUpdateAdRequest;
import adtally.api.CountersApi;
import adtally.api.CountersApi.APIGetCounterRequest;
import adtally.api.CountersApi.APIGetCountersRequest;
import adtally.api.CountersApi.APIGetHotCountersRequest;
import adtally.api.CountersApi.APIGetSeriesRequest;
import adtally.api.CountersApi.APIGetTotalRequest;
import adtally.api.CountersApi.APIIncrementManyRequest;
import adtally.api.CountersApi.APIIncrementRequest;
import adtally.model.AdInput;
import adtally.model.AdPatch;
import adtally.model.Country;
import adtally.model.Increment;
import adtally.model.Increments;
import adtally.model.Problem;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * A round trip with the client that openapi-generator makes for Java (library native). One line a step: `step NAME ok`,
 * or `step NAME failed: WHY`. ADTALLY_URL names the server, ADTALLY_TOKEN a token with every scope.
 */
public final class RoundTrip {
  private static final String DAY = "2036-01-01T00:00:00Z";
  private static final String DAY_AFTER = "2036-01-02T00:00:00Z";
  /** The largest value that one increment may have: 2^53 - 1. */
  private static final long MOST = 9007199254740991L;
  /** Three times that: beyond 2^53, and no double has it. */
  private static final long THREE_TIMES = 27021597764222973L;

  private static UUID id;

  public static void main(String[] arguments) {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("ADTALLY_URL"));
    String token = System.getenv("ADTALLY_TOKEN");
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    AdsApi ads = new AdsApi(client);
    CountersApi counters = new CountersApi(client);

    AdInput input = new AdInput().title("Umbrellas").content("Half price, today only");
    input.startAt("2026-01-01T00:00:00Z").endAt(DAY).ageStart(18).ageEnd(30);
    input.country(List.of(Country.TW, Country.JP));

    step("create-accepted", () -> {
      var answer = ads.createAdWithHttpInfo(
          APICreateAdRequest.newBuilder().adInput(input).idempotencyKey("java/accepted").build());
      equal("status", answer.getStatusCode(), 202);
      equal("id known", answer.getData().getId() != null, true);
      equal("version", answer.getData().getVersion(), null);
      equal("token known", header(answer.getHeaders(), "consistency-token") != null, true);
    });
    step("create-applied", () -> {
      var answer = ads.createAdWithHttpInfo(
          APICreateAdRequest.newBuilder().adInput(input).prefer("wait=10").build());
      equal("status", answer.getStatusCode(), 201);
      equal("title", answer.getData().getTitle(), "Umbrellas");
      equal("version known", answer.getData().getVersion() != null, true);
      equal("country", answer.getData().getCountry(), List.of(Country.JP, Country.TW));
      id = answer.getData().getId();
    });
    step("query", () -> {
      var page = ads.queryAds(APIQueryAdsRequest.newBuilder().age("24").country("TW").limit(100).build());
      equal("found", page.getAds().stream().filter(ad -> ad.getId().equals(id)).count(), 1L);
      equal("total is at least the page", page.getTotal() >= page.getAds().size(), true);
    });
    step("get", () -> {
      var ad = ads.getAd(APIGetAdRequest.newBuilder().id(id).build());
      equal("age_start", ad.getAgeStart(), 18);
      equal("end_at", ad.getEndAt().toInstant(), OffsetDateTime.parse(DAY).toInstant());
    });
    step("patch", () -> {
      AdPatch patch = new AdPatch().endAt(DAY_AFTER).ageStart(null);
      var answer = ads.updateAdWithHttpInfo(
          APIUpdateAdRequest.newBuilder().id(id).adPatch(patch).prefer("wait=10").build());
      equal("status", answer.getStatusCode(), 200);
      equal("age_start", answer.getData().getAgeStart(), null);
      equal("end_at", answer.getData().getEndAt().toInstant(), OffsetDateTime.parse(DAY_AFTER).toInstant());
      equal("title", answer.getData().getTitle(), "Umbrellas");
    });
    step("increment", () -> {
      Increment increment = new Increment().key("java/one").value(3L);
      var answer = counters.incrementWithHttpInfo(
          APIIncrementRequest.newBuilder().increment(increment).build());
      equal("status", answer.getStatusCode(), 202);
      equal("totals", answer.getData(), Map.of());
      var counter = counters.getCounter(APIGetCounterRequest.newBuilder()
          .key("java/one").consistencyToken(header(answer.getHeaders(), "consistency-token")).build());
      equal("value", counter.getValue(), 3L);
    });
    step("increment-sync", () -> {
      Increment increment = new Increment().key("java/sync").value(3_000_000_000L);
      var answer = counters.incrementWithHttpInfo(
          APIIncrementRequest.newBuilder().increment(increment).mode("sync").build());
      equal("status", answer.getStatusCode(), 200);
      equal("totals", answer.getData(), Map.of("java/sync", 3_000_000_000L));
    });
    step("batch", () -> {
      // A batch written as JSON, read by the client's own mapper: the item's type has no name in the document.
      String third = "{\"key\":\"java/total\",\"value\":" + MOST + "}";
      Increments body = JSON.getDefault().getMapper().readValue(
          "{\"increments\":[{\"key\":\"java/many\",\"value\":3000000000},"
              + third + "," + third + "," + third + "]}",
          Increments.class);
      var answer = counters.incrementManyWithHttpInfo(
          APIIncrementManyRequest.newBuilder().increments(body).build());
      equal("status", answer.getStatusCode(), 202);
      equal("accepted", answer.getData().getAccepted().longValue(), 4L);
      var read = counters.getCounters(APIGetCountersRequest.newBuilder()
          .key(List.of("java/many", "java/total"))
          .consistencyToken(header(answer.getHeaders(), "consistency-token")).build());
      equal("many", read.getCounters().get(0).getValue(), 3_000_000_000L);
      equal("total", read.getCounters().get(1).getValue(), THREE_TIMES);
    });
    step("total", () -> {
      var totals = counters.getTotal(APIGetTotalRequest.newBuilder().key("java/total").build());
      equal("totals", totals, Map.of("java/total", THREE_TIMES));
    });
    step("series", () -> {
      var read = counters.getSeries(APIGetSeriesRequest.newBuilder()
          .key(List.of("java/total", "java/never", "java/many")).bucket("day").build());
      var sums = new java.util.HashMap<String, Long>();
      for (var one : read.getSeries()) {
        sums.put(one.getKey(), one.getPoints().stream().mapToLong(point -> point.getValue()).sum());
      }
      equal("sums", sums, Map.of("java/total", THREE_TIMES, "java/many", 3_000_000_000L));
    });
    step("hot", () -> {
      // The list lags by seconds.
      for (int attempt = 0; attempt < 60; attempt++) {
        var hot = counters.getHotCounters(APIGetHotCountersRequest.newBuilder().limit(100).build());
        for (var known : hot.getAll().getKeys()) {
          if (known.getKey().equals("java/total")) {
            equal("value", known.getValue(), THREE_TIMES);
            return;
          }
        }
        Thread.sleep(500);
      }
      throw new IllegalStateException("java/total is not among the hot counters");
    });
    step("refused", () -> {
      AdInput faulty = new AdInput().title("Umbrellas").content("Half price").startAt(DAY_AFTER).endAt(DAY);
      Problem problem =
          refusal(400, () -> ads.createAd(APICreateAdRequest.newBuilder().adInput(faulty).build()));
      equal("type", problem.getType(), "urn:adtally:problem:invalid-request");
      equal("path", problem.getErrors().get(0).getPath(), "end_at");
    });
    step("missing", () -> {
      Problem problem = refusal(
          404, () -> counters.getCounter(APIGetCounterRequest.newBuilder().key("java/never").build()));
      equal("problem's status", problem.getStatus(), 404);
    });
  }

  private interface Step {
    void run() throws Exception;
  }

  private static void step(String name, Step step) {
    try {
      step.run();
      System.out.println("step " + name + " ok");
    } catch (ApiException refused) {
      System.out.println("step " + name + " failed: " + refused.getCode() + " " + refused.getResponseBody()
          + " " + refused.getMessage());
    } catch (Exception why) {
      System.out.println("step " + name + " failed: " + why);
    }
  }

  /** The problem that a call is refused with; the client leaves its body a text. */
  private static Problem refusal(int status, Step call) throws Exception {
    try {
      call.run();
    } catch (ApiException refused) {
      equal("status", refused.getCode(), status);
      return JSON.getDefault().getMapper().readValue(refused.getResponseBody(), Problem.class);
    }
    throw new IllegalStateException("not refused");
  }

  private static String header(Map<String, List<String>> headers, String name) {
    List<String> values = headers.get(name);
    return values == null ? null : String.join(", ", values);
  }

  private static void equal(String what, Object actual, Object wanted) {
    if (!Objects.equals(actual, wanted)) {
      throw new IllegalStateException(what + " is " + actual + ", not " + wanted);
    }
  }

  private RoundTrip() {}
}
