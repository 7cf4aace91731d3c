import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, spawnService, waitFor, type ServiceProcess } from '@samspill/testing';
import { generateOrganisationNumber } from '@samspill/contracts';

const MAIN = join(import.meta.dirname, '..', 'dist', 'main.js');
const COMPANIES = '/api/identity/v1/companies';
const USERS = '/api/identity/v1/users';
/** As often as it has to hold; so many at a time. */
const RACES = 1_000;
const RACES_AT_ONCE = 40;
/** Some seconds on a machine that does nothing else. */
const RACES_TIMEOUT_MS = 300_000;

interface Service {
  readonly process: ServiceProcess;
  readonly url: string;
}

function form(seed: number) {
  return {
    name: `Fjord Handel ${seed} AS`,
    organisationNumber: generateOrganisationNumber('NO', seed),
    country: 'NO',
    address: { postcode: '5003', country: 'NO' },
  };
}

interface Outcome {
  readonly status: number;
  readonly code?: string;
}

async function post({ url }: Service, path: string, body: object): Promise<Response> {
  return await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function register(service: Service, seed: number): Promise<Outcome> {
  const response = await post(service, COMPANIES, form(seed));
  const { code }: { code?: string } = JSON.parse(await response.text());
  return { status: response.status, ...(code === undefined ? {} : { code }) };
}

interface RegisteredUser {
  readonly status: number;
  readonly id: string;
  readonly firstName: string;
  readonly message: string;
}

async function registerUser(service: Service, firstName: string, email: string): Promise<RegisteredUser> {
  const response = await post(service, USERS, { firstName, lastName: 'Nordmann', email });
  const { id, firstName: first, message }: Omit<RegisteredUser, 'status'> = JSON.parse(await response.text());
  return { status: response.status, id, firstName: first, message };
}

/** Every pair of calls for a seed, some pairs at a time. */
async function race<Result>(pair: (seed: number) => Promise<Result>): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let begin = 0; begin < RACES; begin += RACES_AT_ONCE) {
    const seeds = Array.from({ length: RACES_AT_ONCE }, (_, place) => begin + place);
    results.push(...(await Promise.all(seeds.map(pair))));
  }
  return results;
}

describe('two processes of identity-registration on one database', () => {
  const opened = new AsyncDisposableStack();
  let first: Service;
  let second: Service;

  beforeAll(async () => {
    const database = opened.adopt(await createTestDatabase({ prefix: 'identity' }), (unused) =>
      unused.drop(),
    );
    const log = opened.adopt(await createTestDatabase({ prefix: 'identity_log' }), (unused) => unused.drop());
    const masterKey = `1:${randomBytes(32).toString('base64')}`;
    const start = async (): Promise<Service> => {
      const service = await spawnService({
        main: MAIN,
        env: {
          SAMSPILL_HTTP_PORT: '0',
          SAMSPILL_DATABASE_URL: database.url,
          SAMSPILL_LOG: 'postgres',
          SAMSPILL_LOG_DATABASE_URL: log.url,
          SAMSPILL_MASTER_KEYS: masterKey,
        },
        ready: /"listening"/,
      });
      opened.defer(async () => {
        await service.kill();
      });
      const url = /"url":"(http:[^"]+)"/.exec(service.output())?.[1] ?? '';
      await waitFor(async () => (await fetch(`${url}/health/ready`)).ok, { describe: `${url} to be ready` });
      return { process: service, url };
    };
    [first, second] = await Promise.all([start(), start()]);
  });

  afterAll(async () => {
    await opened.disposeAsync();
  });

  it(
    'C12 exactly one of two registrations of an organisation number at once wins',
    async () => {
      const outcomes = await race((seed) => Promise.all([register(first, seed), register(second, seed)]));
      for (const outcome of outcomes) {
        expect(outcome.toSorted((a, b) => a.status - b.status)).toEqual([
          { status: 201 },
          { status: 409, code: 'company.organisation-number-taken' },
        ]);
      }
    },
    RACES_TIMEOUT_MS,
  );

  it(
    'W24 exactly one of two registrations of an e-mail address at once wins, and the other is told who it is',
    async () => {
      const outcomes = await race((seed) => {
        const email = `kari${seed}@example.com`;
        return Promise.all([
          registerUser(first, 'Kari', email),
          registerUser(second, 'Ola', email.toUpperCase()),
        ]);
      });
      for (const outcome of outcomes) {
        const [linked, winner] = outcome.toSorted((a, b) => a.status - b.status);
        expect(outcome.map(({ status }) => status).toSorted()).toEqual([200, 201]);
        expect(linked).toMatchObject({ id: winner?.id, firstName: winner?.firstName });
        expect(linked?.message).toContain('is a user already');
      }
    },
    RACES_TIMEOUT_MS,
  );

  it('C12 a registration holds when the process that took it is killed', async () => {
    const seed = RACES;
    expect(await register(first, seed)).toEqual({ status: 201 });
    await first.process.kill('SIGKILL');
    expect(await register(second, seed)).toMatchObject({ status: 409 });
    const { organisationNumber } = form(seed);
    await waitFor(
      async () =>
        (await (await fetch(`${second.url}${COMPANIES}?q=${organisationNumber}`)).text()).includes(
          organisationNumber,
        ),
      { describe: 'the company to be listed by the process that is left' },
    );
  });

  it('leaves in order when it is asked to', async () => {
    expect(await second.process.stop()).toEqual({ code: 0, signal: null });
  });
});
