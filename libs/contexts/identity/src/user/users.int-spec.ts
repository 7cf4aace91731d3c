import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import { MAILS_BY_ACCOUNT } from '../credentials/attempts.js';
import { IdentityWorld, type Answer } from '../identity-world.specification.js';

const USERS = '/api/identity/v1/users';
const PERSONS = `/api/identity/v1/companies/${randomUUID()}/persons`;
/** How often two register one address at once; enough that some of them really meet. */
const PAIRS = 100;
const PAIRS_AT_ONCE = 10;

const kari = { firstName: 'Kari', lastName: 'Nordmannsen', email: 'Kari@Example.com' };

describe('users', () => {
  let world: IdentityWorld;

  beforeAll(async () => {
    world = await IdentityWorld.open(2);
  });
  afterAll(async () => {
    await world.close();
  });

  const register = (form: unknown, instance = 0): Promise<Answer> =>
    world.call('POST', USERS, form, instance);
  const idOf = ({ body }: Answer): string => String(body['id']);

  it('C16 C18 a user is registered, is there at once, and is listed a moment later', async () => {
    const registered = await register(kari);
    expect(registered).toMatchObject({ status: 201, body: { ...kari, stage: 'invited', isLocked: false } });
    expect(registered.headers.get('location')).toBe(`${USERS}/${idOf(registered)}`);
    const { message: _, ...user } = registered.body;
    expect(await world.call('GET', `${USERS}/${idOf(registered)}`)).toMatchObject({ body: user });
    await waitFor(
      async () => {
        const { body } = await world.call('GET', `${USERS}?q=nordmann`);
        return JSON.stringify(body).includes(idOf(registered));
      },
      { describe: 'the user to be listed' },
    );
  });

  it('C13 every fault of the form is named in one answer', async () => {
    const { status, body } = await register({ email: 'x' });
    expect({ status, body }).toMatchObject({
      status: 422,
      body: {
        code: 'user.invalid',
        faults: [{ pointer: '/firstName' }, { pointer: '/lastName' }, { pointer: '/email' }],
      },
    });
  });

  it('W24 who is registered already is answered and not made again, however the address is written', async () => {
    const again = await register({ ...kari, firstName: 'Other', email: ' kari@EXAMPLE.com' }, 1);
    expect(again).toMatchObject({ status: 200, body: { firstName: 'Kari', email: kari.email } });
  });

  it('W24 of two processes that register an address at once, one makes the user and the other finds it', async () => {
    for (let done = 0; done < PAIRS; done += PAIRS_AT_ONCE) {
      const seeds = Array.from({ length: PAIRS_AT_ONCE }, (_, index) => done + index);
      const outcomes = await Promise.all(
        seeds.map((seed) => {
          const form = { firstName: 'Ola', lastName: 'Hansen', email: `ola${seed}@example.com` };
          return Promise.all([register(form, 0), register(form, 1)]);
        }),
      );
      for (const [one, other] of outcomes) {
        expect([one.status, other.status].sort()).toEqual([200, 201]);
        expect(idOf(one)).toBe(idOf(other));
      }
    }
  });

  it('W26 the mail with the link is sent again a few times, then its address is left in peace', async () => {
    const invited = idOf(await register({ ...kari, email: 'again@example.com' }));
    const send = () => world.call('POST', `${USERS}/${invited}/activation-link`);
    for (let sent = 0; sent < MAILS_BY_ACCOUNT.free; sent += 1) expect((await send()).status).toBe(202);
    const refused = await send();
    expect(refused).toMatchObject({ status: 429, body: { code: 'user.too-many-mails' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('a person is found by address and name, and is nowhere to be found when they are forgotten', async () => {
    const email = 'berit.oyehaug@example.com';
    const berit = idOf(await register({ firstName: 'Berit', lastName: 'Øyehaug', email }));
    for (const clues of [{ email: email.toUpperCase() }, { name: 'øyehaug berit' }]) {
      const { body } = await world.call('POST', `${PERSONS}/find`, clues);
      expect(body['found']).toMatchObject([{ kind: 'user', reference: berit, state: 'kept' }]);
    }
    const records = [{ kind: 'user', reference: berit }];
    const named = await world.call('POST', `${PERSONS}/erase`, { records, reason: 'Øyehaug asked' });
    expect(named).toMatchObject({ status: 422, body: { code: 'person.reason-names-them' } });
    const erased = await world.call('POST', `${PERSONS}/erase`, { records, reason: 'case 17' });
    expect(erased).toMatchObject({ status: 200, body: { records: [{ outcome: 'forgotten' }] } });
    expect(await world.call('GET', `${USERS}/${berit}`)).toMatchObject({ status: 404 });
    const kept = (await world.everything()).toLowerCase();
    expect([kept.includes('øyehaug'), kept.includes('oyehaug'), kept.includes('berit')]).toEqual([
      false,
      false,
      false,
    ]);
    // The address is free again, for somebody who is somebody else to us.
    const anew = await register({ firstName: 'Berit', lastName: 'Øyehaug', email });
    expect(anew.status).toBe(201);
    expect(idOf(anew)).not.toBe(berit);
  });
});
