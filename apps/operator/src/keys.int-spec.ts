import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defineEvent, personal } from '@samspill/contracts';
import { MasterKeys, type Log, type MasterKey } from '@samspill/eventlog';
import { streamName } from '@samspill/kernel';
import {
  JsonLogger,
  keepsNoPersons,
  openLog,
  startHost,
  type ContextDefinition,
  type Host,
} from '@samspill/platform';
import { createTestDatabase, uniqueName, waitFor, type TestDatabase } from '@samspill/testing';
import { z } from 'zod';
import { ran, type Ran } from './recording-terminal.specification.js';

const READY_TIMEOUT_MS = 120_000;
/** More than are sealed anew in one transaction. */
const PEOPLE = 1_100;
const former: MasterKey = { id: '2025-11', key: randomBytes(32) };
const newer: MasterKey = { id: '2026-11', key: randomBytes(32) };

const seen = defineEvent({
  type: 'desk.guest.seen',
  version: 1,
  schema: z.strictObject({ name: personal(z.string(), '–') }),
});

/** A service that writes down who has come. */
function deskContext(topic: string): ContextDefinition {
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- Nest wants a class; this one has nothing to add
  class DeskModule {}
  return {
    manifest: { name: 'desk', source: 'desk', topic, events: [seen], projections: [], reservations: [] },
    module: () => ({ module: DeskModule }),
    persons: () => keepsNoPersons('desk', [{ what: 'Guests', note: 'For tests.' }]),
  };
}

describe('samspill keys', () => {
  const opened = new AsyncDisposableStack();
  const logger = new JsonLogger({ level: 'error', write: () => undefined });
  const definition = deskContext(`samspill.${uniqueName('desk')}`);
  let own: TestDatabase;
  let log: Log;
  let host: Host;

  beforeAll(async () => {
    const database = async (): Promise<TestDatabase> =>
      opened.adopt(await createTestDatabase(), (unused) => unused.drop());
    own = await database();
    log = opened.adopt(
      await openLog(
        { kind: 'postgres', databaseUrl: (await database()).url },
        { clientId: 'test', manifests: [definition.manifest], logger },
      ),
      (unused) => unused.close(),
    );
    opened.defer(() => host.close());
    host = await started(new MasterKeys([former]));
    const context = { actor: 'user:tester', correlationId: 'a test', now: new Date() } as const;
    await host.contexts[0]?.eventLog.transact(context, (unit) => {
      for (let guest = 0; guest < PEOPLE; guest += 1)
        unit.append({ stream: streamName('desk.guest', String(guest)), key: 'desk' }, 0, [
          { type: seen.type, data: { name: `Guest ${guest}` } },
        ]);
      return Promise.resolve(true);
    });
    await waitFor(async () => (await host.contexts[0]?.eventLog.backlog())?.count === 0, {
      describe: 'all of them to be on the log',
    });
  });
  afterAll(async () => {
    await opened.disposeAsync();
  });

  async function started(masterKeys?: MasterKeys): Promise<Host> {
    const made = await startHost({
      contexts: [{ definition, database: { url: own.url, poolSize: 5, waitMs: 5_000 } }],
      log,
      http: { host: '127.0.0.1', port: 0 },
      logger,
      api: { title: 'Samspill', description: 'For tests', version: '1' },
      ...(masterKeys && { masterKeys }),
    });
    await made.readiness.whenReady(READY_TIMEOUT_MS);
    return made;
  }

  async function restarted(...keys: readonly MasterKey[]): Promise<void> {
    await host.close();
    const [first, ...others] = keys;
    host = await started(first && new MasterKeys([first, ...others]));
    await waitFor(() => host.contexts[0]?.eventLog.status().keysFailing === undefined, {
      describe: 'the keys to have been looked at',
    });
  }

  const samspill = (...args: readonly string[]): Promise<Ran> =>
    ran(args, { SAMSPILL_OPERATOR_URLS: `desk=${host.url}` });

  it('says which master key seals how many, and proves that every one opens', async () => {
    expect(await samspill('keys', 'status')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/master keys +2025-11 \(seals\)\n[^]*kept +2025-11 +1,100$/),
    });
    expect(await samspill('keys', 'check')).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^desk: every key is there and opens \([\d,]+ events, 1,100 sealed, 0 of forgotten people\)$/,
      ),
    });
  });

  it('seals all of them anew after a rotation that was broken off, as the runbook has it', async () => {
    await restarted(former, newer);
    expect((await samspill('keys', 'status')).code).toBe(0);
    await restarted(newer, former);
    expect(await samspill('keys', 'status')).toMatchObject({
      code: 5,
      out: expect.stringContaining('1,100 of its own are to be sealed with 2026-11: samspill keys rotate'),
    });
    await brokenOff();
    const rotated = await samspill('keys', 'rotate', '--reason', 'yearly');
    expect(rotated).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^desk: [\d,]+ keys sealed with 2026-11; no key of its own/),
    });
    expect(await samspill('keys', 'rotate', '--reason', 'again')).toMatchObject({
      out: expect.stringMatching(/^desk: 0 keys sealed/),
    });
    expect((await samspill('keys', 'status')).code).toBe(0);
    await restarted(newer);
    expect((await samspill('keys', 'check')).code).toBe(0);
    const { out } = await samspill('audit', '--kind', 'keys-rotation');
    expect(out).toMatch(/keys-rotation finished[^]*keys-rotation begun .*yearly/);
  });

  it('names the keys whose master key was taken away too early', async () => {
    await restarted(former);
    const status = await samspill('keys', 'status');
    expect([status.code, status.out]).toEqual([5, expect.stringContaining('2026-11 WAS NOT GIVEN  1,100')]);
    const check = await samspill('keys', 'check');
    expect([check.code, check.out]).toEqual([
      5,
      expect.stringMatching(
        /^desk: 1,100 KEYS ARE MISSING[^]*its master key was not given[^]*and 1,080 more$/,
      ),
    ]);
    expect(await samspill('keys', 'rotate', '--reason', 'x')).toMatchObject({
      code: 5,
      out: expect.stringContaining('1,100 ARE SEALED WITH ANOTHER ONE STILL'),
    });
  });

  it('is refused where a service was given no master keys', async () => {
    await restarted();
    for (const args of [['status'], ['check'], ['rotate', '--reason', 'x']])
      expect(await samspill('keys', ...args)).toMatchObject({ code: 2 });
    expect((await samspill('keys', 'check')).err).toContain('desk has no master keys');
    const answer = await fetch(`${host.url}/api/desk/v1/operations/keys/rotate`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(400);
  });

  /** Somebody asks for a rotation and goes away before it is done. */
  async function brokenOff(): Promise<void> {
    const care = host.contexts[0]?.eventLog.keys?.care;
    const leaving = new AbortController();
    await expect(
      care?.rotate({ onProgress: () => leaving.abort(new Error('gone')), signal: leaving.signal }),
    ).rejects.toThrow('gone');
    expect((await care?.status())?.toRotate).toBe(600);
  }
});
