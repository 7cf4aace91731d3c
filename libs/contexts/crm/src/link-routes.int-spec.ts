import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MasterKeys, uuidv7 } from '@samspill/eventlog';
import type { CompanyId } from '@samspill/kernel';
import { TestIssuer, waitFor } from '@samspill/testing';
import { HubSpotSimulator } from '@samspill/testing/simulators';
import { z } from 'zod';
import { ConnectedCrms } from './connection/connected-crms.js';
import { ConnectionStore } from './connection/connection-store.js';
import { ToyCrms } from './crm/toy-crm.specification.js';
import { CrmWorld } from './crm-world.specification.js';
import { crmContextWith } from './crm.module.js';
import type { Granted } from './other-contexts.specification.js';

const PEOPLE = ['admin', 'seller', 'boss', 'stranger', 'operator'] as const;
type Person = (typeof PEOPLE)[number];

const MASTER_KEY_BYTES = 32;
const problem = z.object({ code: z.string(), detail: z.string(), faults: z.array(z.unknown()).optional() });

describe('the link and its connection, over HTTP with sign-in', () => {
  const opened = new AsyncDisposableStack();
  const tokens = new Map<Person, string>();
  let world: CrmWorld;
  let hubspot: HubSpotSimulator;
  let company: CompanyId;

  beforeAll(async () => {
    const issuer = opened.use(await TestIssuer.start());
    hubspot = opened.adopt(await HubSpotSimulator.start({ seed: 1 }), (one) => one.stop());
    const keys = new MasterKeys([{ id: '2026', key: randomBytes(MASTER_KEY_BYTES) }]);
    const context = crmContextWith(({ database }) => {
      const store = new ConnectionStore(database, keys);
      const simulators = { hubspot: hubspot.server.url };
      return { crms: new ConnectedCrms({ store, log: () => undefined, simulators }), store };
    });
    world = opened.adopt(await CrmWorld.open(new ToyCrms(), { context, signIn: issuer.signIn }), (one) =>
      one.close(),
    );
    const { others } = world;
    company = await others.register();
    const elsewhere = await others.register();
    const admin = { product: 'crm', level: 'admin' } as const;
    const granted: Record<Person, Granted> = {
      admin: { company, ...admin },
      seller: { company, product: 'crm', level: 'user' },
      boss: { company, product: 'administration', level: 'admin' },
      stranger: { company: elsewhere, ...admin },
      operator: { company: 'platform', product: 'operations', level: 'user' },
    };
    for (const person of PEOPLE) {
      const id = uuidv7();
      await others.grant(id, granted[person]);
      tokens.set(person, await issuer.token(id));
    }
    for (const person of ['admin', 'seller', 'boss'] as const)
      await waitFor(async () => (await as(person, 'GET', 'link')).status === 200, {
        describe: `the roles of the ${person} to be known`,
      });
  });
  afterAll(() => opened.disposeAsync());

  async function as(
    person: Person | undefined,
    method: string,
    path: string,
    body?: object,
    of: string = company,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    world.token = person && tokens.get(person);
    return await world.request(method, `${of}/${path}`, body);
  }

  async function settings(): Promise<unknown> {
    return z.object({ settings: z.unknown() }).parse((await as('admin', 'GET', 'link')).body).settings;
  }

  const form = (): object => ({
    kind: 'hubspot',
    account: 'Fjord sales',
    secrets: { kind: 'private-app', token: hubspot.staticToken },
  });

  it.each<[string, string, Person[]]>([
    ['GET', 'link', ['admin', 'seller', 'boss']],
    ['GET', 'link/undelivered?kind=customers', ['admin', 'seller', 'boss']],
    ['GET', 'orders/rejected', ['admin', 'seller', 'boss']],
    ['GET', 'connection', ['admin', 'boss']],
    ['PUT', 'connection', ['admin', 'boss']],
    ['DELETE', 'connection', ['admin', 'boss']],
    ['POST', 'link/start', ['admin', 'boss']],
    ['POST', 'link/stop', ['admin', 'boss']],
    ['POST', 'link/check', ['admin', 'boss']],
    ['PATCH', 'link/settings', ['admin', 'boss']],
    ['POST', 'link/undelivered/retry', ['admin', 'boss']],
    ['POST', 'link/rewind/preview', ['admin']],
    ['POST', 'link/rewind', ['admin']],
    ['POST', 'orders/changes?agent=a&incarnation=i&sequence=1', []],
  ])('L2 L10 %s %s is for just those who may: %j', async (method, path, allowed) => {
    // Whoever may is told what is wrong with it.
    const nothing = method === 'GET' ? undefined : {};
    for (const person of ['admin', 'seller', 'boss'] as const) {
      const { status } = await as(person, method, path, nothing);
      expect([person, status === 403]).toEqual([person, !allowed.includes(person)]);
    }
    expect((await as(undefined, method, path, nothing)).status).toBe(401);
    const [foreign, none] = [
      await as('stranger', method, path),
      await as('stranger', method, path, undefined, uuidv7()),
    ];
    expect([foreign.status, none.status]).toEqual([404, 404]);
    expect(withoutIds(foreign.body)).toEqual(withoutIds(none.body));
  });

  it.each<[string, string, object, string[]]>([
    [
      'PUT',
      'connection',
      {
        kind: 'hubspot',
        account: ' ',
        secrets: { kind: 'oauth', clientId: '', clientSecret: 'hush' },
        colour: 1,
      },
      ['/account', '/colour', '/secrets/clientId', '/secrets/refreshToken'],
    ],
    ['PUT', 'connection', { kind: 'lime' }, ['/kind']],
    [
      'PATCH',
      'link/settings',
      { customers: 'yes', timeZone: 'Oslo', onDeletion: 'delete' },
      ['/customers', '/onDeletion', '/timeZone'],
    ],
    ['POST', 'link/rewind', { to: '2026-02-30', reason: ' ' }, ['/reason', '/to']],
    ['POST', 'link/rewind/preview', { to: 'yesterday', reason: 'x' }, ['/reason', '/to']],
  ])(
    'names every fault of %s %s at once, says no secret, and does nothing',
    async (method, path, body, pointers) => {
      const before = await settings();
      const answer = await as('admin', method, path, body);
      expect(answer.status).toBe(400);
      const faults = z
        .object({ faults: z.array(z.object({ pointer: z.string() })) })
        .parse(answer.body).faults;
      expect([...new Set(faults.map(({ pointer }) => pointer))].toSorted()).toEqual(pointers);
      expect(JSON.stringify(answer.body)).not.toContain('hush');
      expect(await settings()).toEqual(before);
      expect((await as('admin', 'GET', 'connection')).status).toBe(404);
    },
  );

  it('L10 L2 shows a connection without its secrets, and has on record who made, replaced and ended it', async () => {
    const made = await as('admin', 'PUT', 'connection', form());
    expect(made).toMatchObject({
      status: 200,
      body: { kind: 'hubspot', account: 'Fjord sales', secrets: 'kept' },
    });
    expect((await as('boss', 'PUT', 'connection', form())).status).toBe(200);
    expect(await as('admin', 'POST', 'link/start')).toMatchObject({ status: 200, body: { connected: true } });
    expect((await as('boss', 'DELETE', 'connection')).status).toBe(204);
    expect((await as('boss', 'DELETE', 'connection')).status).toBe(404);
    world.token = tokens.get('operator');
    const record = await waitFor(
      async () => {
        const [connected, disconnected] = [
          await world.audited({ kind: 'crm-connect' }),
          await world.audited({ kind: 'crm-disconnect' }),
        ];
        return connected.length + disconnected.length === 6 ? [...disconnected, ...connected] : undefined;
      },
      { describe: 'all of it to be on record' },
    );
    expect(record.map(({ kind, step, scope }) => [kind, step, scope])).toEqual([
      ...['finished', 'begun'].map((step) => ['crm-disconnect', step, { company, crm: 'hubspot' }]),
      ...['finished', 'begun'].map((step) => [
        'crm-connect',
        step,
        { company, crm: 'hubspot', formerly: 'hubspot' },
      ]),
      ...['finished', 'begun'].map((step) => ['crm-connect', step, { company, crm: 'hubspot' }]),
    ]);
    expect(new Set(record.map(({ actor }) => actor)).size).toBe(2);
    expect(JSON.stringify([made.body, record])).not.toContain(hubspot.staticToken);
  });
});

/** A refusal as far as it is not about the request itself. */
function withoutIds(body: unknown): unknown {
  const { code, detail } = problem.parse(body);
  return { code, detail: detail.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…') };
}
