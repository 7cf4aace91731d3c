import { describe, expect, it } from '@jest/globals';
import { ran } from './recording-terminal.specification.js';

describe('a command line that cannot be understood', () => {
  it('is told all of its faults at once, and where to read more', async () => {
    expect(
      await ran('rebuild start --service nowhere --events-per-second fast --memory 1 --now x'.split(' ')),
    ).toEqual({
      code: 1,
      out: '',
      err: [
        'There is no option --now.',
        '«x» is one word too many.',
        'There is no service nowhere; there are identity, contacts, crm.',
        '--reason is required: say why; it is kept for ever.',
        '--memory takes a whole number from 16 on, not «1».',
        '--events-per-second takes a whole number from 1 on, not «fast».',
        'See samspill rebuild start --help.',
      ].join('\n'),
    });
  });

  it.each([
    [['rebuild', 'plan'], 'Say what: --projection <name>, --service <name> or --company <id>.'],
    [
      ['rebuild', 'plan', '--company', 'Acme'],
      "--company takes a company's id, a UUID in lower case, not «Acme».",
    ],
    [
      ['rebuild', 'plan', '--projection', 'directory'],
      '«directory» is no projection: their names begin with a service, one of identity, contacts, crm, as in contacts.directory.',
    ],
    [['rebuild', 'throttle', 'x'], 'Say how fast: --events-per-second, --max-live-lag, or --none.'],
    [
      ['rebuild', 'start', '--service', 'contacts', '--reason', 'x', '--json'],
      '--json asks nobody: give --yes as well.',
    ],
    [
      ['inspect', 'start', '--service', 'contacts', '--reason', 'x', '--as-of', 'yesterday'],
      '--as-of takes an RFC 3339 time with its offset (2026-03-01T12:00:00Z) or topic:partition:offset with commas between, not «yesterday».',
    ],
    [['inspect', 'export', 'x', '--format', 'xml'], '--format takes csv or ndjson, not «xml».'],
    [['inspect', 'rows', 'x', '--where', 'kind'], '--where takes column=value.'],
    [['parked', 'retry'], 'Say which: ids, or --all.'],
    [['parked', 'retry', 'a:1:2', '--all'], 'Say which: ids, or --all.'],
    [['parked', 'retry', 'x'], '«x» is not the id of a parked event, which is topic:partition:offset.'],
    [['parked', 'discard', 'a:1:2'], '--reason is required: say why; it is kept for ever.'],
    [['revert', 'plan'], 'Say what: --company <id>, --stream <name> or --import <id>, one kind at a time.'],
    [
      ['revert', 'plan', '--company', 'Acme', '--to', 'yesterday'],
      '--to takes an RFC 3339 time with its offset (2026-03-01T12:00:00Z), not «yesterday».',
    ],
    [
      ['revert', 'plan', '--stream', 'payroll.x/1', '--to', '2026-03-01T12:00:00Z'],
      '«payroll.x/1» is no stream: their names begin with a service, one of identity, contacts, crm.',
    ],
    [
      ['revert', 'start', 'x', '--import', 'y', '--reason', 'z'],
      'Give the id of a plan or say what, not both.',
    ],
    [['revert', 'release'], '--company is required: whose intake is held.'],
    [
      ['reactors', 'hold', 'send', '--reason', 'x'],
      '«send» is no reactor: their names begin with a service, one of identity, contacts, crm, as in crm.send-customer.',
    ],
    [['reactors', 'retry', 'contacts.send'], 'Say which: things, or --all.'],
    [
      ['redeliver', '--reactor', 'contacts.send', '--reason', 'x'],
      'Say what: --company <id>, --stream <name>, --from <time> or --to <time>.',
    ],
    [
      ['redeliver', '--reactor', 'contacts.send', '--from', 'yesterday'],
      '--from takes an RFC 3339 time with its offset, such as 2026-03-01T12:00:00Z, not «yesterday».',
    ],
    [
      ['person', 'find', '--company', '01989a2e-0000-7000-8000-000000000001'],
      'Say whom: --email, --phone, --name or --record kind/number.',
    ],
    [
      ['person', 'find', '--name', 'Kari', '--company', 'Acme'],
      "--company takes a company's id, a UUID in lower case, not «Acme».",
    ],
    [
      ['person', 'find', '--record', '10'],
      '--record takes a kind and a number, such as customer/10, not «10».',
    ],
    [
      ['person', 'erase', '--name', 'Kari', '--reason', 'x'],
      'A name alone chooses nobody: find them first, and name the records with --record.',
    ],
    [['person', 'erase', '--email', 'a@b.no'], '--reason is required: say why; it is kept for ever.'],
    [['keys', 'rotate'], '--reason is required: say why; it is kept for ever.'],
    [
      ['keys', 'check', '--service', 'nowhere'],
      'There is no service nowhere; there are identity, contacts, crm.',
    ],
    [
      ['keys', 'status', '--all-services', '--service', 'contacts'],
      '--all-services and --service do not go together.',
    ],
    [['person', 'lift', '--reason', 'x'], 'Say whom: --record kind/number.'],
    [['operators', 'add'], '--email is required: it is their user name.'],
    [['administrators', 'add'], '--company is required: the id that it is registered by.'],
    [['operators', 'add', '--level', 'boss'], '--level takes user or admin, not «boss».'],
    [['status', '--url', 'nowhere'], '--url takes an address such as http://127.0.0.1:4280, not «nowhere».'],
  ])('%j says what to write instead', async (args, fault) => {
    const { code, err } = await ran(args);
    expect(code).toBe(1);
    expect(err.split('\n')).toContain(fault);
  });

  it('names every address of the environment that is none', async () => {
    const env = { SAMSPILL_OPERATOR_URLS: 'contacts=http://a,identity,crm=nowhere' };
    const { code, err } = await ran(['status'], env);
    expect(code).toBe(1);
    expect(err).toContain('not «identity», «crm=nowhere».');
  });
});

describe('help', () => {
  it.each([
    [[]],
    [['status']],
    [['topics']],
    ...[
      'plan',
      'start',
      'watch',
      'list',
      'pause',
      'resume',
      'throttle',
      'cancel',
      'diff',
      'verify',
      'switch',
      'undo',
    ].map((name) => [['rebuild', name]]),
    ...['start', 'watch', 'list', 'rows', 'diff', 'export', 'drop'].map((name) => [['inspect', name]]),
    ...['list', 'show', 'retry', 'discard'].map((name) => [['parked', name]]),
    ...['plan', 'start', 'watch', 'list', 'items', 'pause', 'resume', 'cancel', 'release'].map((name) => [
      ['revert', name],
    ]),
    ...['list', 'hold', 'release', 'undelivered', 'retry'].map((name) => [['reactors', name]]),
    [['redeliver']],
    [['reactors']],
    ...['find', 'erase', 'lift'].map((name) => [['person', name]]),
    [['person']],
    ...['status', 'check', 'rotate'].map((name) => [['keys', name]]),
    [['keys']],
    ...['add', 'remove'].map((name) => [['operators', name]]),
    [['operators']],
    [['administrators', 'add']],
    [['administrators']],
    [['login']],
    [['logout']],
    [['rebuild']],
    [['revert']],
    [['inspect']],
    [['parked']],
  ])('of samspill %j has an example', async (path) => {
    const { code, out } = await ran([...path, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Example:\n  samspill ${path[0] ?? 'status'}`));
  });

  it('says what the exit codes mean', async () => {
    const { out } = await ran(['--help']);
    for (const code of [0, 1, 2, 3, 4, 5, 130]) expect(out).toMatch(new RegExp(`^  ${code} `, 'm'));
  });
});
