import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import { customerEvent, startServices, type RunningServices } from './e2e/services.js';

const COMPANY = '01989a2e-0000-7000-8000-000000000001';
const OTHER = '01989a2e-0000-7000-8000-000000000002';
const CUSTOMERS = 40;
const DIRECTORY = ['--projection', 'contacts.directory'] as const;
const BECAUSE = ['--reason', 'a test', '--yes'] as const;
const ID = /Started in contacts as (\S+)\./;

describe('samspill', () => {
  let services: RunningServices;
  const samspill = (...args: readonly string[]) => services.samspill.run(...args);

  beforeAll(async () => {
    services = await startServices();
    await services.publish(
      ...Array.from({ length: CUSTOMERS }, (_, index) =>
        customerEvent(index % 2 === 0 ? COMPANY : OTHER, String(index), 1, `Kunde ${index}`),
      ),
    );
    const projected = new RegExp(`contacts\\.directory v1 +\\d+ +\\S+ \\S+ +0 +0 +${CUSTOMERS} `, 'm');
    await waitFor(async () => projected.test((await samspill('status', '--verify')).out), {
      describe: 'the customers to be projected',
    });
  });
  afterAll(async () => {
    await services[Symbol.asyncDispose]();
  });

  it('shows how every service stands, for people and for programs', async () => {
    const { code, out } = await samspill('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^contacts {2}http:.*\n {2}writing {6}open\n/);
    expect(out).toMatch(/identity\.companies v1 +1 +\S+ \S+ +0 +0$/m);
    expect(await services.samspill.json('status')).toMatchObject({
      contacts: { gate: { state: 'open' }, liveness: expect.any(Array) },
      identity: { topic: 'samspill.identity' },
    });
  });

  it('shows the topics, and that they are as declared', async () => {
    const { code, out } = await samspill('topics');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^samspill\.contacts +contacts writes +12 +40 +for ever +yes$/m),
    ]);
  });

  it('makes topics only where they are missing, and says that none is', async () => {
    expect(await samspill('topics', 'create', '--reason', 'a test')).toMatchObject({
      code: 0,
      out: 'Nothing was missing.\n',
    });
    expect((await samspill('topics', 'create')).code).toBe(1);
  });

  it('proves the log, and names what is not as it was written', async () => {
    expect(await samspill('log', 'verify', '--service', 'identity')).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^identity: samspill\.identity is what was written \(\d+ events of \d+ streams/,
      ),
    });
    // The customers were written past the service.
    const { code, out } = await samspill('log', 'verify');
    expect(code).toBe(5);
    expect(out).toMatch(/contacts: samspill\.contacts IS NOT WHAT WAS WRITTEN: 40 faults/);
    expect(out).toMatch(
      /not-as-stored +samspill\.contacts:\d+:\d+ +contacts\.customer\/.* is not in the event store/,
    );
  });

  it('says that no topic lacks anything', async () => {
    const { code, out } = await samspill('republish', '--all-services', '--dry-run');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^identity: .* has everything .*\ncontacts: samspill\.contacts has everything/),
    ]);
  });

  it('plans, starts, watches, undoes and lists a rebuild', async () => {
    expect((await samspill('rebuild', 'plan', ...DIRECTORY)).out).toMatch(/contacts\.directory v1 +4\d /);
    const started = await samspill('rebuild', 'start', ...DIRECTORY, ...BECAUSE);
    expect([started.code, started.err]).toEqual([0, '']);
    expect(started.out).toMatch(/equal to the live rows \(live 40, built 40\)/);
    const id = ID.exec(started.out)?.[1] ?? '';
    expect((await samspill('rebuild', 'watch', id)).code).toBe(0);
    expect((await samspill('rebuild', 'undo', id)).out).toContain(
      `Rebuild ${id}: projection contacts.directory, undone`,
    );
    expect((await samspill('rebuild', 'list')).out).toMatch(new RegExp(`${id} .*undone`));
    const again = await samspill('rebuild', 'undo', id);
    expect([again.code, again.err]).toEqual([
      2,
      expect.stringMatching(/^contacts: The operation is undone; undo is possible/),
    ]);
  });

  it('builds, compares and waits for a person where it is asked to', async () => {
    const started = await samspill('rebuild', 'start', ...DIRECTORY, ...BECAUSE, '--by-hand');
    expect([started.code, started.err]).toEqual([
      0,
      expect.stringContaining('readers still see the former rows'),
    ]);
    const id = ID.exec(started.out)?.[1] ?? '';
    const second = await samspill('rebuild', 'start', ...DIRECTORY, ...BECAUSE);
    expect([second.code, second.err]).toEqual([
      2,
      expect.stringContaining(`is being rebuilt already, as ${id}`),
    ]);
    expect((await samspill('rebuild', 'diff', id)).out).toContain(
      'rows: 0 added, 0 changed, 0 gone, 40 the same',
    );
    expect((await samspill('rebuild', 'verify', id)).code).toBe(0);
    expect(await samspill('rebuild', 'switch', id)).toMatchObject({
      code: 0,
      out: expect.stringContaining('switched; live batches were held for'),
    });
  });

  it('leaves a rebuild running at Ctrl-C, says how to come back, and throttles, pauses, resumes and cancels it', async () => {
    const slow = ['--events-per-second', '1'] as const;
    const watching = services.samspill.start('rebuild', 'start', ...DIRECTORY, ...BECAUSE, ...slow);
    const id = await watching.said(ID);
    await watching.said(/(reading) {2}/);
    watching.interrupt();
    expect(await watching.ended).toMatchObject({
      code: 130,
      err: expect.stringContaining(`Come back with: samspill rebuild watch ${id}`),
    });
    expect((await samspill('rebuild', 'pause', id)).code).toBe(0);
    await waitFor(async () => (await samspill('rebuild', 'list')).out.includes(' paused '), {
      describe: 'the pause',
    });
    expect((await samspill('rebuild', 'resume', id)).code).toBe(0);
    expect((await samspill('rebuild', 'throttle', id, '--none')).code).toBe(0);
    expect((await samspill('rebuild', 'watch', id)).code).toBe(0);

    const detached = await samspill('rebuild', 'start', ...DIRECTORY, ...BECAUSE, ...slow, '--detach');
    const other = ID.exec(detached.out)?.[1] ?? '';
    expect((await samspill('rebuild', 'cancel', other)).code).toBe(0);
    expect((await samspill('rebuild', 'watch', other)).code).toBe(4);
  });

  it("rebuilds one company's rows, in every service that keeps rows by company", async () => {
    const started = await samspill('rebuild', 'start', '--company', COMPANY, ...BECAUSE);
    expect([started.code, started.err]).toEqual([0, '']);
    expect(started.out).toMatch(/contacts\.directory: done.* 20 rows/);
  });

  it('shows rows as they were at a moment, compares them with now, exports and drops them', async () => {
    const asOf = ['--as-of', new Date().toISOString()] as const;
    const started = await samspill(
      'inspect',
      'start',
      ...asOf,
      ...DIRECTORY,
      '--reason',
      'before the change',
    );
    expect(started.code).toBe(0);
    const id = ID.exec(started.out)?.[1] ?? '';
    const changed = customerEvent(COMPANY, '0', 2, 'Kunde med nytt navn');
    await services.publish({ ...changed, time: new Date(Date.now() + 1_000).toISOString() });
    await waitFor(async () => (await samspill('inspect', 'diff', id)).code === 5, { describe: 'the change' });
    expect((await samspill('inspect', 'diff', id)).out).toMatch(
      /1 changed.*\n.*\n +changed +\{.*"number":"0"\} +.*name/,
    );
    const { out } = await samspill('inspect', 'rows', id, '--where', 'number=0');
    expect(JSON.parse(out)).toMatchObject({ company: COMPANY, name: 'Kunde 0' });
    const folder = await mkdtemp(join(tmpdir(), 'samspill-export-'));
    try {
      const file = join(folder, 'contacts.csv');
      const written = ['inspect', 'export', id, '--format', 'csv', '--output', file] as const;
      expect((await samspill(...written)).code).toBe(0);
      expect((await readFile(file, 'utf8')).trimEnd().split('\r\n')).toHaveLength(CUSTOMERS + 1);
      expect((await samspill(...written)).code).toBe(1);
    } finally {
      await rm(folder, { recursive: true });
    }
    expect((await samspill('inspect', 'drop', id)).code).toBe(0);
  });

  it('lists, shows, retries and discards parked events, and a rebuild holds to it', async () => {
    await services.publish(customerEvent(COMPANY, '2', 2, 'Fra fremtiden', 99));
    await waitFor(async () => (await samspill('status')).code === 5, { describe: 'the event to be parked' });
    const { out } = await samspill('parked', 'list');
    const id = /^(samspill\.contacts:\d+:\d+) /m.exec(out)?.[1] ?? '';
    expect(out).toContain('unknown version 99 of contacts.customer.changed');
    const shown = await samspill('parked', 'show', id);
    expect(shown.out).toContain('ce_type: contacts.customer.changed');
    expect(shown.out).not.toContain('Fra fremtiden');
    expect((await samspill('parked', 'show', id, '--data')).out).toContain('Fra fremtiden');
    expect(await samspill('parked', 'retry', id)).toMatchObject({
      code: 5,
      out: expect.stringContaining('1 are still parked'),
    });
    const unasked = await samspill('parked', 'discard', id, '--reason', 'a test');
    expect([unasked.code, unasked.err]).toEqual([1, expect.stringContaining('give --yes')]);
    expect(await samspill('parked', 'discard', id, ...BECAUSE)).toMatchObject({
      code: 0,
      out: expect.stringContaining('none of them is parked any more'),
    });
    expect((await samspill('rebuild', 'start', ...DIRECTORY, ...BECAUSE)).out).toContain(
      'equal to the live rows',
    );
    expect(await samspill('parked', 'list')).toMatchObject({ code: 0, out: 'Nothing is parked.\n' });
    expect((await samspill('parked', 'retry', id)).code).toBe(2);
    expect((await samspill('status')).code).toBe(0);
  });

  it('shows who did what, and finds it by time, actor and operation', async () => {
    const all = await samspill('audit');
    expect([all.code, all.err]).toEqual([0, '']);
    expect(all.out).toMatch(/ contacts +user:local +parked-discard finished +events \S+ .*1 selected/);
    const switched = /rebuild switched +company (\S+) .* (\S+)$/m.exec(all.out);
    expect(switched?.[1]).toBe(COMPANY);
    const one = await samspill('audit', '--operation', switched?.[2] ?? '', '--actor', 'user:local');
    expect(one.out.trimEnd().split('\n')).toHaveLength(3);
    expect(one.out).toMatch(/rebuild begun .* a test /);
    expect((await samspill('audit', '--since', '2100-01-01T00:00:00Z')).out).toBe('Nothing is on record.\n');
    expect((await samspill('audit', '--since', 'yesterday', '--limit', '0')).code).toBe(1);
  });

  it('says which service cannot be reached, and shows the others', async () => {
    await services.contacts.kill();
    const { code, out } = await samspill('status');
    expect(code).toBe(3);
    expect(out).toMatch(/contacts cannot be reached at http:.*\(.*\)\. See whether it runs/);
    expect(out).toMatch(/identity\.companies v1/);
    const list = await samspill('rebuild', 'list');
    expect([list.code, list.err]).toEqual([3, expect.stringContaining('contacts cannot be reached')]);
  });
});
