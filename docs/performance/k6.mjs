// For those who use k6: the mix of `npm run load`, at a steady rate whatever the answers take.
//
//   k6 run -e BASE_URL=http://127.0.0.1:3333 -e TOKEN=adtally_... -e RATE=2000 -e SECONDS=30 docs/performance/k6.mjs
//
// BASE_URL has the stage if it has one (https://api.example.com/prod); TOKEN is for a stage that requires one
// (scopes ads:read, counters:read, counters:write). KEYS, BATCH and PREFIX: how many counters, increments in a
// batch, and what the counters' names begin with. RESULT: a file for the sums, as JSON.
//
// It creates no ads (`npm run seed` does). It compares what was counted with what was acknowledged: k6 ends with
// exit code 99 if anything acknowledged is lost, as if any other threshold is crossed.
import { check, sleep } from 'k6';
import http from 'k6/http';
import { Counter } from 'k6/metrics';

const base = (__ENV.BASE_URL || 'http://127.0.0.1:3333').replace(/\/+$/, '');
const access = __ENV.TOKEN ? { Authorization: `Bearer ${__ENV.TOKEN}` } : {};
const keys = Number(__ENV.KEYS || 1000);
const batchSize = Number(__ENV.BATCH || 100);
const rate = Number(__ENV.RATE || 1000);
const keysPerRead = 100;
// An increment is visible within 10 s of its acknowledgement: totals that stay for as long are at rest.
const restSeconds = 10;
const lookEverySeconds = 1;
const restWithinSeconds = 600;

// Sums of increments. What was sent and neither acknowledged nor refused may be counted or not.
const sent = new Counter('increments_sent');
const acknowledged = new Counter('increments_acknowledged');
const refused = new Counter('increments_refused');
const counted = new Counter('increments_counted');
// What was acknowledged, less what was counted.
const lost = new Counter('increments_lost');
const countries = ['TW', 'JP', 'US', 'CA', 'GB', 'DE'];

export const options = {
  scenarios: {
    mix: {
      executor: 'constant-arrival-rate',
      rate,
      timeUnit: '1s',
      duration: `${__ENV.SECONDS || 30}s`,
      preAllocatedVUs: 64,
      maxVUs: 1000,
    },
  },
  teardownTimeout: `${restWithinSeconds + 60}s`,
  thresholds: { checks: ['rate==1'], http_req_duration: ['p(99)<50'], increments_lost: ['count<=0'] },
  summaryTrendStats: ['med', 'p(90)', 'p(99)', 'p(99.9)', 'max'],
};

export function setup() {
  return { prefix: __ENV.PREFIX || `k6-${Date.now().toString(36)}` };
}

export default function ({ prefix }) {
  const point = Math.random() * 100;
  if (point < 70) readAds();
  else if (point < 90) postOne(prefix);
  else if (point < 92) postBatch(prefix);
  else readCounter(prefix);
}

export function teardown({ prefix }) {
  let total = readTotal(prefix);
  let restedSeconds = 0;
  for (
    let waited = 0;
    restedSeconds < restSeconds && waited < restWithinSeconds;
    waited += lookEverySeconds
  ) {
    sleep(lookEverySeconds);
    const now = readTotal(prefix);
    restedSeconds = now === total ? restedSeconds + lookEverySeconds : 0;
    total = now;
  }
  counted.add(total);
  lost.add(-total);
}

export function handleSummary({ metrics }) {
  const sum = (name) => (metrics[name] ? metrics[name].values.count : 0);
  const sums = {
    requests: sum('iterations'),
    dropped: sum('dropped_iterations'),
    sent: sum('increments_sent'),
    acknowledged: sum('increments_acknowledged'),
    refused: sum('increments_refused'),
    counted: sum('increments_counted'),
    checksFailed: metrics.checks ? metrics.checks.values.fails : 0,
  };
  const uncertain = sums.sent - sums.acknowledged - sums.refused;
  const excess = sums.counted - sums.acknowledged;
  const verdict =
    excess === 0
      ? 'every acknowledged increment was counted, once'
      : excess > 0 && excess <= uncertain
        ? `${excess} more were counted than acknowledged, of ${uncertain} whose answers are unknown`
        : 'NOT EQUAL';
  const times = metrics.http_req_duration.values;
  const lines = [
    `requests ${sums.requests}, dropped for want of a free user ${sums.dropped}, failed checks ${sums.checksFailed}`,
    `answer ms: ${options.summaryTrendStats.map((name) => `${name} ${times[name].toFixed(1)}`).join(', ')}`,
    `increments: acknowledged ${sums.acknowledged}, counted ${sums.counted}: ${verdict}`,
  ];
  return {
    stdout: `\n${lines.join('\n')}\n`,
    ...(__ENV.RESULT && { [__ENV.RESULT]: JSON.stringify(sums) }),
  };
}

function readTotal(prefix) {
  let total = 0;
  for (let from = 0; from < keys; from += keysPerRead) {
    const query = [];
    for (let key = from; key < Math.min(keys, from + keysPerRead); key++) query.push(`key=${prefix}-${key}`);
    const answer = http.get(`${base}/api/v1/counters?${query.join('&')}`, {
      headers: access,
      tags: { name: 'totals' },
    });
    if (answer.status !== 200) throw new Error(`the totals were answered ${answer.status}: ${answer.body}`);
    for (const { value } of answer.json().counters) total += Number(value);
  }
  return total;
}

function readAds() {
  const country = countries[integer(0, countries.length - 1)];
  const query = `offset=${integer(0, 9)}&limit=${[5, 10, 15][integer(0, 2)]}&age=${integer(1, 100)}&country=${country}`;
  // One name for all of them, or each query would be a metric of its own.
  const answer = http.get(`${base}/api/v1/ad?${query}`, { headers: access, tags: { name: 'ads' } });
  check(answer, { 'ads: 200': ({ status }) => status === 200 });
}

function postOne(prefix) {
  const value = integer(1, 9);
  post('single', '/increment', { key: keyOf(prefix), value }, value);
}

function postBatch(prefix) {
  const increments = Array.from({ length: batchSize }, () => ({ key: keyOf(prefix), value: integer(1, 9) }));
  const value = increments.reduce((sum, one) => sum + one.value, 0);
  post('batch', '/api/v1/increments', { increments }, value);
}

function post(name, path, body, value) {
  sent.add(value);
  const answer = http.post(`${base}${path}`, JSON.stringify(body), {
    headers: { ...access, 'Content-Type': 'application/json' },
    tags: { name },
  });
  if (check(answer, { [`${name}: 202`]: ({ status }) => status === 202 })) {
    acknowledged.add(value);
    lost.add(value);
  } else if (answer.status >= 400 && answer.status < 500) refused.add(value);
}

function readCounter(prefix) {
  const answer = http.get(`${base}/increment/${keyOf(prefix)}`, {
    headers: access,
    tags: { name: 'counter' },
    // Nothing was counted for it yet.
    responseCallback: http.expectedStatuses(200, 404),
  });
  check(answer, { 'counter: 200 or 404': ({ status }) => status === 200 || status === 404 });
}

function keyOf(prefix) {
  return `${prefix}-${integer(0, keys - 1)}`;
}

function integer(from, to) {
  return from + Math.floor(Math.random() * (to - from + 1));
}
