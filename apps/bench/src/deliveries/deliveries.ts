import type { CompanyId } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { demoRecords } from '@samspill/testing/demo';
import { HubSpotSimulator } from '@samspill/testing/simulators';
import { z } from 'zod';
import type { Benchmark, BenchmarkResult } from '../benchmark.js';
import { loadThroughHttp } from '../intake/load.js';
import { openStage, type Stage } from '../intake/stage.js';

const DEFAULT_RECORDS = 20_000;
/** HubSpot's for its smallest subscriptions, in its rolling window; the client knows it from the vendor's documentation. */
const LIMIT = { requests: 100, windowMs: 10_000 };
/** Several windows of it. */
const DEFAULT_LIMITED_RECORDS = 10_000;
const NO_LIMIT = { requests: 1_000_000, windowMs: 10_000 };
const WITHIN_MS = 10 * 60_000;
/** Often enough for runs of seconds. */
const POLL_MS = 100;
const MS_PER_SECOND = 1_000;

const link = z.object({
  toBeSorted: z.int(),
  customers: z.object({ toDeliver: z.int(), delivered: z.int() }),
});

interface Run {
  readonly records: number;
  readonly seconds: number;
  readonly requests: number;
  /** Most requests in one window. */
  readonly most: number;
  /** Requests that were too many. */
  readonly crossed: number;
  readonly repeated: number;
}

/** Of crm-link, in both runs: what the first has delivered is in the second one's ledger. */
const DATABASE = 'crm';

/** How fast a link delivers where the CRM sets no limit, and how near it stays to one. */
export const deliveriesBenchmark: Benchmark = {
  name: 'deliveries',
  summary:
    'customers that a link brings to a simulated CRM a second, and how near it stays to a vendor’s limit',
  options: {
    records: `customers without a limit (${DEFAULT_RECORDS})`,
    limited: `customers with HubSpot's limit (${DEFAULT_LIMITED_RECORDS})`,
  },
  async run(options): Promise<BenchmarkResult> {
    const records = Number(options['records'] ?? DEFAULT_RECORDS);
    const limited = Number(options['limited'] ?? DEFAULT_LIMITED_RECORDS);
    await using stage = await openStage();
    const free = await measure(stage, { seed: 1, records, limit: NO_LIMIT });
    const bound = await measure(stage, { seed: 2, records: limited, limit: LIMIT });
    const row = (name: string, run: Run): Readonly<Record<string, string | number>> => ({
      CRM: name,
      customers: run.records,
      'a second': Math.round(run.records / run.seconds),
      requests: run.requests,
      'most in a window': run.most,
      'too many': run.crossed,
      'effects twice': run.repeated,
    });
    return {
      versions: stage.versions,
      table: [row('without a limit', free), row(`${LIMIT.requests} in ${LIMIT.windowMs / 1_000} s`, bound)],
      notes: [
        'From the start of the link, with everything waiting, until the ledger has all of it confirmed. Simulated HubSpot over HTTP, crm-link in a process of its own.',
      ],
      figures: {
        deliveriesPerSecond: free.records / free.seconds,
        limitUse: bound.most / LIMIT.requests,
        limitCrossed: bound.crossed,
        repeatedEffects: free.repeated + bound.repeated,
      },
    };
  },
};

async function measure(
  stage: Stage,
  {
    seed,
    records,
    limit,
  }: {
    readonly seed: number;
    readonly records: number;
    readonly limit: { readonly requests: number; readonly windowMs: number };
  },
): Promise<Run> {
  await using opened = new AsyncDisposableStack();
  const hubspot = opened.adopt(await HubSpotSimulator.start({ seed, limit }), (one) => one.stop());
  const company = await stage.company(seed);
  const customers = demoRecords({ seed, customers: records, suppliers: 0, contactPersonsPerParent: 0 });
  await loadThroughHttp(stage, [{ id: company, records: customers, count: records }]);
  const { service, url } = await stage.start('crm-link', DATABASE, {
    SAMSPILL_SIMULATORS: `hubspot=${hubspot.server.url}`,
  });
  opened.defer(async () => {
    await service.kill();
  });
  const path = `${url}/api/crm/v1/companies/${company}`;
  await linkIs(
    path,
    company,
    ({ toBeSorted, customers: { toDeliver } }) => toBeSorted === 0 && toDeliver >= records,
  );
  await send(`${path}/connection`, 'PUT', {
    kind: 'hubspot',
    account: 'bench',
    secrets: { kind: 'private-app', token: hubspot.staticToken },
  });
  const startedMs = performance.now();
  await send(`${path}/link/start`, 'POST', {});
  // The simulator is asked first: how a link stands is counted from all that it has, by the service that is measured.
  await waitFor(() => Promise.resolve(hubspot.effects.length >= records), {
    timeoutMs: WITHIN_MS,
    intervalMs: POLL_MS,
    describe: `the customers of ${company} at HubSpot`,
  });
  await linkIs(path, company, ({ customers: { delivered } }) => delivered >= records);
  const seconds = (performance.now() - startedMs) / MS_PER_SECOND;
  await send(`${path}/link/stop`, 'POST', {});
  const { most, crossed } = hubspot.arrivals;
  return {
    records,
    seconds,
    requests: hubspot.server.requests,
    most,
    crossed,
    repeated: hubspot.repeated.length,
  };
}

async function linkIs(
  path: string,
  company: CompanyId,
  isSo: (now: z.infer<typeof link>) => boolean,
): Promise<void> {
  await waitFor(
    async () => {
      const response = await fetch(`${path}/link`);
      return response.ok && isSo(link.parse(await response.json()));
    },
    { timeoutMs: WITHIN_MS, intervalMs: POLL_MS, describe: `the link of ${company}` },
  );
}

async function send(url: string, method: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} was answered ${response.status}: ${await response.text()}`);
}
