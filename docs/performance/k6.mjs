// For those who use k6: the mix of `npm run load`, at a steady rate whatever the answers take.
//
//   k6 run -e BASE_URL=http://127.0.0.1:3333 -e RATE=2000 -e SECONDS=30 -e KEYS=1000 docs/performance/k6.mjs
//
// It creates no ads (`npm run demo` or `npm run load -- --url` does), and it cannot tell whether all was counted: what was
// acknowledged stands in the summary as `acknowledged`, and teardown prints what the server says of the same counters.
import http from 'k6/http';
import { check } from 'k6';
import { Counter } from 'k6/metrics';

const base = __ENV.BASE_URL || 'http://127.0.0.1:3333';
const keys = Number(__ENV.KEYS || 1000);
const batchSize = Number(__ENV.BATCH || 100);
const rate = Number(__ENV.RATE || 1000);
const acknowledged = new Counter('acknowledged');
const json = { headers: { 'Content-Type': 'application/json' } };
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
  thresholds: { checks: ['rate==1'], http_req_duration: ['p(99)<50'] },
  summaryTrendStats: ['med', 'p(90)', 'p(99)', 'p(99.9)', 'max'],
};

export function setup() {
  return { prefix: `k6-${Date.now().toString(36)}` };
}

export default function ({ prefix }) {
  const point = Math.random() * 100;
  if (point < 70) readAds();
  else if (point < 90) postOne(prefix);
  else if (point < 92) postBatch(prefix);
  else readCounter(prefix);
}

export function teardown({ prefix }) {
  let counted = 0;
  for (let from = 0; from < keys; from += 100) {
    const query = [];
    for (let key = from; key < Math.min(keys, from + 100); key++) query.push(`key=${prefix}-${key}`);
    const { counters } = http.get(`${base}/api/v1/counters?${query.join('&')}`).json();
    for (const { value } of counters) counted += value;
  }
  console.log(`counted: ${counted}; compare with the metric acknowledged`);
}

function readAds() {
  const country = countries[integer(0, countries.length - 1)];
  const query = `offset=${integer(0, 9)}&limit=${[5, 10, 15][integer(0, 2)]}&age=${integer(1, 100)}&country=${country}`;
  // One name for all of them, or each query would be a metric of its own.
  const answer = http.get(`${base}/api/v1/ad?${query}`, { tags: { name: 'ads' } });
  check(answer, { 'ads: 200': ({ status }) => status === 200 });
}

function postOne(prefix) {
  const value = integer(1, 9);
  const body = JSON.stringify({ key: keyOf(prefix), value });
  const answer = http.post(`${base}/increment`, body, { ...json, tags: { name: 'single' } });
  if (check(answer, { 'single: 202': ({ status }) => status === 202 })) acknowledged.add(value);
}

function postBatch(prefix) {
  const increments = Array.from({ length: batchSize }, () => ({ key: keyOf(prefix), value: integer(1, 9) }));
  const answer = http.post(`${base}/api/v1/increments`, JSON.stringify({ increments }), {
    ...json,
    tags: { name: 'batch' },
  });
  if (check(answer, { 'batch: 202': ({ status }) => status === 202 })) {
    acknowledged.add(increments.reduce((sum, { value }) => sum + value, 0));
  }
}

function readCounter(prefix) {
  const answer = http.get(`${base}/increment/${keyOf(prefix)}`, {
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
