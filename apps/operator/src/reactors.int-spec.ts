import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defineEvent, type EventOf } from '@samspill/contracts';
import type { Outside } from '@samspill/eventlog';
import { defineReactor, streamName } from '@samspill/kernel';
import {
  JsonLogger,
  keepsNoPersons,
  openLog,
  startHost,
  type ContextDefinition,
  type Host,
} from '@samspill/platform';
import { createTestDatabase, OutsideSystem, uniqueName, waitFor, type TestDatabase } from '@samspill/testing';
import { z } from 'zod';
import { ran, type Ran } from './recording-terminal.specification.js';

const REACTOR = 'crm.send-note';
const COMPANY = '01989a2e-0000-7000-8000-000000000001';
const OTHER = '01989a2e-0000-7000-8000-000000000002';
const READY_TIMEOUT_MS = 120_000;

const written = defineEvent({
  type: 'crm.note.written',
  version: 1,
  schema: z.object({ text: z.string() }),
});

/** A service that tells somebody outside about notes. */
function crmContext(topic: string, outsideUrl: string): ContextDefinition {
  const reactor = defineReactor<EventOf<typeof written>, { readonly text: string }>({
    name: REACTOR,
    topics: [topic],
    reads: ['crm.note.written'],
    begins: 'first-event',
    mayRedeliver: true,
    react: (event) => [{ thing: event.meta.stream.replace('crm.', ''), payload: event.data }],
  });
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- Nest wants a class; this one has nothing to add
  class CrmModule {}
  return {
    manifest: {
      name: 'crm',
      source: 'crm',
      topic,
      events: [written],
      projections: [],
      reservations: [],
      reactors: [reactor],
    },
    module: () => ({ module: CrmModule }),
    persons: () => keepsNoPersons('crm', [{ what: 'Notes', note: 'Nobody is named in them.' }]),
    outsides: () => ({ [REACTOR]: outsideAt(outsideUrl) }),
  };
}

function outsideAt(url: string): Outside {
  const contentOf = async (thing: string, signal: AbortSignal): Promise<string | undefined> => {
    const response = await fetch(`${url}/things/${encodeURIComponent(thing)}`, { signal });
    return z.object({ content: z.string().optional() }).parse(await response.json()).content;
  };
  return {
    lookUp: (deliveries, signal) =>
      Promise.all(
        deliveries.map(async ({ thing, content }) => ({
          kind: (await contentOf(thing, signal)) === content ? ('there' as const) : ('not-there' as const),
        })),
      ),
    limits: { firstRetryMs: 20, settleMs: 20, longestRetryMs: 200 },
    send: (deliveries, signal) =>
      Promise.all(
        deliveries.map(async ({ thing, content, payload }) => {
          const body = JSON.stringify({ content, value: payload });
          const response = await fetch(`${url}/things/${encodeURIComponent(thing)}`, {
            method: 'PUT',
            body,
            signal,
          });
          if (response.ok) return { kind: 'confirmed' as const };
          const { message: words } = z.object({ message: z.string() }).parse(await response.json());
          if (response.status === 422) return { kind: 'refused' as const, code: 'crm.refused', words };
          return { kind: 'not-sent' as const, code: 'crm.busy', words, holdsUp: 'key' as const };
        }),
      ),
  };
}

describe('samspill reactors', () => {
  const opened = new AsyncDisposableStack();
  let host: Host;
  let outside: OutsideSystem;

  beforeAll(async () => {
    const logger = new JsonLogger({ level: 'error', write: () => undefined });
    const database = async (): Promise<TestDatabase> =>
      opened.adopt(await createTestDatabase(), (unused) => unused.drop());
    const [own, ofLog] = [await database(), await database()];
    outside = opened.adopt(await OutsideSystem.start({ seed: 1 }), (unused) => unused.stop());
    const definition = crmContext(`samspill.${uniqueName('crm')}`, outside.url);
    const log = opened.adopt(
      await openLog(
        { kind: 'postgres', databaseUrl: ofLog.url },
        { clientId: 'test', manifests: [definition.manifest], logger },
      ),
      (unused) => unused.close(),
    );
    host = opened.adopt(
      await startHost({
        contexts: [{ definition, database: { url: own.url, poolSize: 5, waitMs: 5_000 } }],
        log,
        http: { host: '127.0.0.1', port: 0 },
        logger,
        api: { title: 'Samspill', description: 'For tests', version: '1' },
      }),
      (unused) => unused.close(),
    );
    await host.readiness.whenReady(READY_TIMEOUT_MS);
  });
  afterAll(async () => {
    await opened.disposeAsync();
  });

  async function write(company: string, note: string, text: string): Promise<void> {
    const target = { stream: streamName('crm.note', company, note), key: company };
    const context = { actor: 'user:tester', correlationId: 'a test', now: new Date() } as const;
    await host.contexts[0]?.eventLog.transact(context, async (unit) => {
      const version = (await unit.heads([target.stream])).get(target.stream)?.version ?? 0;
      unit.append(target, version, [{ type: written.type, data: { text } }]);
    });
  }

  const samspill = (...args: readonly string[]): Promise<Ran> =>
    ran(args, { SAMSPILL_OPERATOR_URLS: `crm=${host.url}` });

  it('says how they stand, holds them and lets them go', async () => {
    await write(COMPANY, '1', 'first');
    await waitFor(() => outside.effects.length === 1, { describe: 'the note to arrive' });
    await waitFor(
      async () => /crm\.send-note +running +0 +0 +1 /.test((await samspill('reactors', 'list')).out),
      {
        describe: 'it to be written down',
      },
    );
    const held = await samspill('reactors', 'hold', REACTOR, '--reason', 'the CRM is being moved');
    expect([held.code, held.out]).toEqual([
      0,
      'crm.send-note is held: samspill reactors release crm.send-note lets it go.',
    ]);
    await write(COMPANY, '1', 'second');
    await waitFor(async () => /held +1 /.test((await samspill('reactors', 'list')).out), {
      describe: 'the note to be taken in',
    });
    const status = await samspill('status');
    expect([status.code, status.out]).toEqual([
      5,
      expect.stringMatching(/crm\.send-note is held since .* by user:local: the CRM is being moved/),
    ]);
    expect(await samspill('reactors', 'hold', REACTOR, '--reason', 'again')).toMatchObject({
      code: 2,
      err: expect.stringContaining('crm.send-note is held already.'),
    });
    expect((await samspill('reactors', 'release', REACTOR, '--reason', 'moved')).code).toBe(0);
    await waitFor(() => outside.effects.length === 2, { describe: 'the note to arrive' });
    const { out } = await samspill('audit', '--kind', 'reactor');
    expect(out).toMatch(
      /reactor released +reactor crm\.send-note .* moved[^]*reactor held +reactor crm\.send-note/,
    );
  });

  it('lists what was refused with the words of the other side, and has it tried again', async () => {
    const thing = `note/${COMPANY}/2`;
    outside.refuses.set(thing, 'Too long for us.');
    await write(COMPANY, '2', 'a long story');
    const listed = await waitFor(
      async () => {
        const answer = await samspill('reactors', 'undelivered', REACTOR);
        return answer.code === 5 ? answer : undefined;
      },
      { describe: 'the refusal' },
    );
    expect(listed.out).toMatch(new RegExp(`${thing} .*@1 +1 +crm\\.refused +Too long for us\\.`));
    expect((await samspill('reactors', 'list')).code).toBe(5);
    outside.refuses.clear();
    expect(await samspill('reactors', 'retry', REACTOR, thing)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^1 tried again/),
    });
    await waitFor(() => outside.things.has(thing), { describe: 'the note to arrive' });
    expect((await samspill('reactors', 'retry', REACTOR, thing)).code).toBe(2);
    expect((await samspill('reactors', 'retry', REACTOR, '--all')).code).toBe(0);
    await waitFor(
      async () => (await samspill('reactors', 'undelivered', REACTOR)).out === 'Nothing was refused.',
      {
        describe: 'nothing to be refused',
      },
    );
  });

  it('shows what delivering the past again would come to, and delivers nothing that is there', async () => {
    await write(OTHER, '1', 'theirs');
    await waitFor(() => outside.things.has(`note/${OTHER}/1`), { describe: 'the note to arrive' });
    const effects = outside.effects.length;
    const dry = await samspill('redeliver', '--reactor', REACTOR, '--company', COMPANY, '--dry-run');
    expect(dry).toMatchObject({ code: 0, err: '' });
    expect(dry.out).toMatch(/^3 events, about 2 things:\n {2}0 would be delivered\n {2}2 are there/);
    const asked = ['redeliver', '--reactor', REACTOR, '--company', COMPANY, '--reason', 'a test'] as const;
    expect(await samspill(...asked)).toMatchObject({ code: 1, err: expect.stringContaining('give --yes') });
    const id = /crm as (\S+);/.exec((await samspill(...asked, '--yes')).out)?.[1] ?? 'none';
    await waitFor(
      async () => {
        const { out } = await samspill('redeliver', '--reactor', REACTOR, '--list');
        return new RegExp(`${id} .* 0 of 2 things put up for delivery`).test(out);
      },
      { describe: 'the redelivery' },
    );
    expect(outside.effects).toHaveLength(effects);
    const lost = outside.effects.findIndex(({ reference }) => reference === `note/${COMPANY}/2`);
    outside.effects.splice(lost, 1);
    const verifying = ['redeliver', '--reactor', REACTOR, '--company', COMPANY, '--verify'] as const;
    expect((await samspill(...verifying, '--dry-run')).out).toContain('2 are there in this version');
    expect((await samspill(...verifying, '--reason', 'they lost it', '--yes')).code).toBe(0);
    await waitFor(() => outside.things.has(`note/${COMPANY}/2`), { describe: 'what they had lost' });
    expect(outside.effects).toHaveLength(effects);
    const unknown = await samspill('redeliver', '--reactor', 'crm.none', '--company', COMPANY, '--dry-run');
    expect(unknown).toMatchObject({
      code: 2,
      err: expect.stringContaining('There is no reactor crm.none; there are crm.send-note.'),
    });
  });
});
