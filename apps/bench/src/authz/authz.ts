import { Database } from '@samspill/eventlog';
import { companyRole, Grants, GRANTS_VIEW, SignIn, verdictOf, type Credentials } from '@samspill/platform';
import { TestIssuer } from '@samspill/testing';
import pg from 'pg';
import { openPostgres } from '../bench-postgres.js';
import type { Benchmark, BenchmarkResult } from '../benchmark.js';
import { quiet } from '../quiet.js';
import { percentile } from '../table.js';
import { measureSignIns } from './sign-ins.js';

const DEFAULT_GRANTS = 100_000;
const DEFAULT_REQUESTS = 200_000;
const DEFAULT_SIGN_INS = 400;
/** Not counted: the first requests of a caller are verified and looked up. */
const CALLERS = 1_000;
/** Roles of each caller, each for a company of its own. */
const COMPANIES_PER_CALLER = 10;
const PERMISSION = [companyRole('contacts', 'user')] as const;
const NANOSECONDS_PER_MICROSECOND = 1_000;

interface BenchCaller {
  readonly authorization: string;
  readonly company: string;
}

/** What it costs a request that callers sign in. */
export const authzBenchmark: Benchmark = {
  name: 'authz',
  summary:
    'the guard: who a request comes from and whether they may, microseconds each; and whole sign-ins a second',
  options: {
    grants: `roles of users in the service’s projection (${DEFAULT_GRANTS})`,
    requests: `requests to measure (${DEFAULT_REQUESTS})`,
    'sign-ins': `sign-ins to measure (${DEFAULT_SIGN_INS})`,
  },
  async run(options): Promise<BenchmarkResult> {
    const count = Number(options['grants'] ?? DEFAULT_GRANTS);
    const requests = Number(options['requests'] ?? DEFAULT_REQUESTS);
    await using opened = new AsyncDisposableStack();
    const postgres = await openPostgres(opened, {});
    await postgres.ensureDatabase('authz');
    const url = postgres.url('authz');
    await fillGrants(url, count);
    const database = opened.adopt(new Database({ url, applicationName: 'bench', logger: quiet }), (unused) =>
      unused.close(),
    );
    const issuer = opened.use(await TestIssuer.start());
    const guard = guardOf(database, issuer);
    const callers = await Promise.all(Array.from({ length: CALLERS }, (_, n) => callerOf(issuer, n)));
    const first = await measure(guard, callers, CALLERS);
    const times = await measure(guard, callers, requests);
    const signIns = Number(options['sign-ins'] ?? DEFAULT_SIGN_INS);
    const signInsPerSecond = await measureSignIns(opened, postgres, signIns);
    const figures = {
      guardP50Us: percentile(times, 50),
      guardP99Us: percentile(times, 99),
      guardFirstP50Us: percentile(first, 50),
      signInsPerSecond,
    };
    return {
      versions: `Node ${process.versions.node}, Postgres ${postgres.version}`,
      table: [{ grants: count, requests, ...figures }],
      notes: [
        `${CALLERS} callers in turn with ${COMPANIES_PER_CALLER} companies each; tokens of ES256. guardFirst: a caller’s first request, whose token is verified and whose grants are read.`,
        'Of the rest, the slowest are those that ask whether grants have changed, which happens five times a second.',
        `${signIns} sign-ins over HTTP at one process, 8 at a time: pages, password (argon2id, 19 MiB, 2 passes), code and token. What the CPU allows: a core hashes about 120 passwords a second, and does the rest beside it.`,
      ],
      figures,
    };
  },
};

type Guard = (caller: BenchCaller) => boolean | Promise<boolean>;

function guardOf(database: Database, issuer: TestIssuer): Guard {
  const signIn = new SignIn(issuer.signIn);
  const grants = new Grants({
    database,
    // As many rows as a projection of one topic has checkpoints.
    progress: async () =>
      await database.withClient(async (client) => {
        const { rows } = await client.query<{ at: string }>('SELECT generate_series(1, 12) AS at');
        return rows.map(({ at }) => at).join(' ');
      }),
  });
  const decide = (credentials: Credentials, company: string): boolean | Promise<boolean> => {
    if (typeof credentials === 'string' || credentials.kind === 'break-glass') return false;
    const access = grants.of(credentials.id);
    return access instanceof Promise
      ? access.then((known) => verdictOf(PERMISSION, credentials, known, { company }) === 'allowed')
      : verdictOf(PERMISSION, credentials, access, { company }) === 'allowed';
  };
  return ({ authorization, company }) => {
    const credentials = signIn.credentialsOf(authorization);
    return credentials instanceof Promise
      ? credentials.then((known) => decide(known, company))
      : decide(credentials, company);
  };
}

async function measure(guard: Guard, callers: readonly BenchCaller[], requests: number): Promise<number[]> {
  const times: number[] = [];
  for (let request = 0; request < requests; request += 1) {
    const caller = callers[request % callers.length];
    if (!caller) throw new TypeError('there are no callers');
    const began = process.hrtime.bigint();
    const verdict = guard(caller);
    if (!(verdict instanceof Promise ? await verdict : verdict)) throw new Error('a caller was refused');
    times.push(Number(process.hrtime.bigint() - began) / NANOSECONDS_PER_MICROSECOND);
  }
  return times;
}

async function callerOf(issuer: TestIssuer, number: number): Promise<BenchCaller> {
  return {
    authorization: `Bearer ${await issuer.token(idOf('1', number))}`,
    company: idOf('c', number * COMPANIES_PER_CALLER),
  };
}

/** The read view as the projection makes it: the same columns and the same index. */
async function fillGrants(url: string, count: number): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('CREATE SCHEMA read');
  await client.query(
    `CREATE TABLE ${GRANTS_VIEW} (company text, principal text, kind text, roles jsonb, PRIMARY KEY (company, principal))`,
  );
  await client.query(
    `INSERT INTO ${GRANTS_VIEW}
     SELECT '00000000-0000-7000-8000-c' || lpad(to_hex(n), 11, '0'),
            '00000000-0000-7000-8000-1' || lpad(to_hex(n / $2), 11, '0'), 'user', '{"contacts": "user"}'
     FROM generate_series(0, $1::int - 1) AS n`,
    [count, COMPANIES_PER_CALLER],
  );
  await client.query(`CREATE INDEX ON ${GRANTS_VIEW} (principal)`);
  await client.query(`ANALYZE ${GRANTS_VIEW}`);
  await client.end();
}

function idOf(kind: string, number: number): string {
  return `00000000-0000-7000-8000-${kind}${number.toString(16).padStart(11, '0')}`;
}
