import { describe, expect, it } from '@jest/globals';
import type { RevertAnswer } from '@samspill/platform/answers';
import {
  deedsOf,
  leftAlone,
  previewLines,
  revertLines,
  revertProgress,
  revertTable,
} from './revert-lines.js';

const company = '7f2c1c1e-54b1-4a6b-9d58-0a3b7a0f4a11';
const stream = `contacts.customer/${company}/10001`;
const revert: RevertAnswer = {
  id: '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11',
  company,
  selection: { kind: 'import', import: '01989a2e-0000-7c52-9d0f-3f1c0a7b5e11', includeEdited: false },
  state: 'finished',
  wish: 'run',
  plannedBy: 'user:local',
  startedBy: 'user:local',
  reason: 'a bad file',
  counts: {
    seen: 1_205,
    unchanged: 1_000,
    verdicts: {
      'put-back': 200,
      'make-again': 3,
      remove: 1,
      refused: 0,
      impossible: 0,
      'edited-since': 1,
      forgotten: 0,
    },
    outcomes: { done: 203, 'moved-on': 1, refused: 0 },
  },
  createdAt: '2026-03-01T12:00:00.000Z',
  samples: [{ stream, verdict: 'put-back', version: 2, then: 1, outcome: 'moved-on' }],
  leaves: ['Rejections stay.'],
  hold: { since: '2026-03-01T12:01:00.000Z', by: 'user:local', reason: 'a bad file', revert: 'x' },
};

describe('a revert', () => {
  it('is previewed in counts, samples and what is not touched', () => {
    expect(previewLines('contacts', revert).slice(0, 6)).toEqual([
      'Revert of import 01989a2e-0000-7c52-9d0f-3f1c0a7b5e11 in contacts: 1,205 streams looked at',
      '    200  put back as they were',
      '      3  made again',
      '      1  removed, since they were not there then',
      '      1  edited since the import: left alone (--include-edited takes them too)',
      '  1,000  as they were',
    ]);
    expect(previewLines('contacts', revert).at(-1)).toBe('  not touched: Rejections stay.');
  });

  it('is told of with what did not come out as it was planned, and that nothing comes in', () => {
    const lines = revertLines('contacts', revert).join('\n');
    expect(lines).toContain('203 of 204 put back, 1 had moved on, 0 refused');
    expect(lines).toContain(`put-back: moved-on  ${stream}  2 → 1`);
    expect(lines).toContain('intake held since 2026-03-01T12:01:00.000Z');
    expect([deedsOf(revert), leftAlone(revert)]).toEqual([204, 1]);
  });

  it('shows where it is, and what it waits for', () => {
    expect(revertProgress({ ...revert, state: 'planning' }, 0)).toBe('planning  1,205 streams looked at');
    expect(revertProgress({ ...revert, state: 'started', failure: 'the gate is shut' }, 204)).toBe(
      'started  204 of 204 streams; waits: the gate is shut',
    );
    expect(revertTable([{ service: 'contacts', revert }])[1]).toMatch(/finished {2}203 of 204/);
  });
});
