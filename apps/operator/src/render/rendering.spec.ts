import { describe, expect, it } from '@jest/globals';
import type { OperationAnswer, StatusAnswer } from '@samspill/platform/answers';
import { isSettled } from '../watch.js';
import { outcomeLines, progressText } from './operation-lines.js';
import { bytes, duration } from './quantities.js';
import { needsAttention, statusLines } from './status-lines.js';
import { table } from './table.js';
import { topicLines } from './topic-lines.js';

const part: OperationAnswer['parts'][number] = {
  projection: 'contacts.directory',
  version: 1,
  phase: 'reading',
  generation: 7,
  progress: {
    eventsRead: 1_234_567,
    eventsTotal: 5_000_000,
    partitionsDone: 2,
    partitionsTotal: 12,
    rows: 250_000,
    parked: 1,
    eventsPerSecond: 364_000,
    percent: 24.6,
    etaMs: 10_345,
    liveLag: 12,
    spilledBytes: 0,
  },
};
const operation: OperationAnswer = {
  id: '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11',
  task: {
    kind: 'rebuild',
    scope: { kind: 'projection', projection: 'contacts.directory' },
    switch: 'automatic',
    memoryMiB: 512,
  },
  state: 'running',
  wish: 'run',
  reason: 'search misses Ærø',
  by: 'user:local',
  parts: [part],
  throttle: {},
  createdAt: '2026-03-01T12:00:00.000Z',
};

describe('the progress line', () => {
  it('says count, rate, percent, time left and how the live rows do', () => {
    expect(progressText(operation)).toBe(
      'contacts.directory  reading  1,234,567 of 5,000,000 events (24.6 %), 364,000/s, ETA 10.3 s, live lag 12',
    );
  });

  it('says what a rebuild waits for', () => {
    expect(progressText({ ...operation, state: 'paused', failure: 'the log is away' })).toMatch(
      /paused \(reading\).*; waits: the log is away$/,
    );
  });
});

describe('the outcome of an operation', () => {
  it('names streams whose events are missing', () => {
    const [live, built] = [
      { rows: 3, hash: '1' },
      { rows: 2, hash: '2' },
    ];
    const verification = {
      verifiedAt: '2026-03-01T12:00:00.000Z',
      rows: { outcome: 'different' as const, live, built },
      gaps: { streams: 1, samples: [{ stream: 'contacts.customer/a/1', expected: 2, found: 3 }] },
    };
    const lines = outcomeLines('contacts', {
      ...operation,
      state: 'ready',
      parts: [{ ...part, verification }],
    });
    expect(lines.join('\n')).toContain('different from the live rows (live 3, built 2)');
    expect(lines.join('\n')).toContain('contacts.customer/a/1: version 2 should have come, 3 came');
  });
});

describe('following an operation', () => {
  it.each<[Partial<OperationAnswer>, boolean]>([
    [{ state: 'waiting' }, false],
    [{ state: 'paused', wish: 'pause' }, false],
    [{ state: 'ready', wish: 'run' }, true],
    [{ state: 'ready', wish: 'switch' }, false],
    [{ state: 'ready', wish: 'cancel' }, false],
    [{ state: 'done' }, true],
    [{ state: 'done', wish: 'undo' }, false],
    [{ state: 'undone' }, true],
    [{ state: 'failed' }, true],
    [{ state: 'cancelled' }, true],
  ])('%j ends it: %s', (change, isEnd) => {
    expect(isSettled({ ...operation, ...change })).toBe(isEnd);
  });
});

describe('the status of a service', () => {
  const status: StatusAnswer = {
    topic: 'samspill.contacts',
    gate: { state: 'open' },
    relay: { state: 'running' },
    projections: { state: 'running' },
    projectionRows: [{ name: 'contacts.directory', version: 1, rows: 855, hash: '1' }],
    liveness: [
      {
        name: 'contacts.directory',
        version: 1,
        liveGeneration: 3,
        bytes: 1_500_000,
        parked: 0,
        lag: 7,
        lagging: [{ topic: 'samspill.contacts', partition: 4, events: 7 }],
        replaced: [],
      },
      { name: 'contacts.company', version: 2, bytes: 0, parked: 0, lag: 0, lagging: [], replaced: [] },
    ],
    unpublished: { oldestMs: 65_000, count: 2 },
    reactors: [
      {
        name: 'contacts.send-customer',
        state: 'waiting' as const,
        mayRedeliver: true,
        waits: [
          {
            key: 'a-company',
            failures: 3,
            since: '2026-03-01T12:00:00.000Z',
            until: '2026-03-01T12:04:00.000Z',
            code: 'crm.busy',
            words: 'Too many requests.',
          },
        ],
        lag: 0,
        toDeliver: 12,
        inDoubt: 1,
        refused: 0,
        confirmed: 10_431,
        deliveriesPerSecond: 2.5,
      },
    ],
    operations: [operation],
  };

  it('shows size, lag by partition, what is not built yet, what is not published yet, and running operations', () => {
    expect(statusLines('contacts', 'http://a', status)).toEqual([
      'contacts  http://a',
      '  writing      open',
      '  publishing   running, 2 events wait, the oldest for 1 min 05 s',
      '  projecting   running',
      '  PROJECTION             GENERATION     SIZE  LAG  PARKED  ROWS  HASH',
      '  contacts.directory v1           3  1.4 MiB    7       0   855  1',
      '  contacts.company v2      none yet      0 B    0       0     0',
      '  contacts.directory is behind in samspill.contacts:4 7',
      '',
      '  REACTOR                 STATE    TO DELIVER  REFUSED  DELIVERED  PER SECOND  LAG  LAST DELIVERED',
      '  contacts.send-customer  waiting          12        0     10,431         2.5    0  never',
      '  contacts.send-customer waits for',
      '    a-company until 2026-03-01T12:04:00.000Z, after 3 failed: crm.busy, «Too many requests.»',
      '',
      expect.stringMatching(/^ {2}ID +SCOPE/),
      expect.stringMatching(
        /^ {2}01989a2e.* contacts\.directory reading 24\.6 % .*search misses Ærø \(user:local\)$/,
      ),
    ]);
  });

  it('needs a person where something does not work or is parked', () => {
    expect(needsAttention(status)).toBe(false);
    expect(needsAttention({ ...status, gate: { state: 'closed', reason: 'a fork' } })).toBe(true);
    for (const change of [{ state: 'held' as const }, { state: 'failing' as const }, { refused: 1 }])
      expect(
        needsAttention({ ...status, reactors: status.reactors.map((one) => ({ ...one, ...change })) }),
      ).toBe(true);
    expect(
      needsAttention({ ...status, liveness: status.liveness.map((one) => ({ ...one, parked: 1 })) }),
    ).toBe(true);
  });
});

describe('the topics', () => {
  it('are shown with each drift once, whoever needs the topic', () => {
    const faults = ['samspill.contacts has retention.ms=1000 instead of -1.'];
    const found = { partitions: 12, replicas: 3, settings: { 'retention.ms': '1000' }, events: 1_000 };
    const topic = {
      topic: 'samspill.contacts',
      use: 'writes' as const,
      declaredPartitions: 12,
      found,
      faults,
    };
    const missing = {
      topic: 'samspill.crm',
      use: 'reads' as const,
      declaredPartitions: 12,
      faults: ['samspill.crm does not exist.'],
    };
    const lines = topicLines([
      { service: 'contacts', topic },
      { service: 'identity', topic: { ...topic, use: 'reads' } },
      { service: 'contacts', topic: missing },
    ]);
    expect(lines.slice(1)).toEqual([
      'samspill.contacts  contacts writes          12         3   1,000  retention.ms=1000  NO',
      'samspill.contacts  identity reads           12         3   1,000  retention.ms=1000  NO',
      'samspill.crm       contacts reads         none                                       NO',
      '! samspill.contacts has retention.ms=1000 instead of -1.',
      '! samspill.crm does not exist.',
    ]);
  });
});

describe('tables and quantities', () => {
  it('align by characters, not by what they are made of', () => {
    expect(
      table(
        [{ title: 'A' }, { title: 'B', align: 'right' }],
        [
          ['Ærø', '1'],
          ['👩‍👩‍👧', '22'],
        ],
      ),
    ).toEqual(['A     B', 'Ærø   1', '👩‍👩‍👧    22']);
  });

  it.each([
    [850, '850 ms'],
    [12_340, '12.3 s'],
    [245_000, '4 min 05 s'],
    [7_800_000, '2 h 10 min'],
  ])('%d ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it.each([
    [640, '640 B'],
    [1_572_864, '1.5 MiB'],
  ])('%d bytes is %s', (n, text) => {
    expect(bytes(n)).toBe(text);
  });
});
