import { describe, expect, it } from '@jest/globals';
import { uuidv7, type RedeliveryPreview } from '@samspill/eventlog';
import { isCompanyId, type CompanyId } from '@samspill/kernel';
import type { LinkOverview } from './link-overview.js';
import { DEFAULT_SETTINGS } from './link.decider.js';
import { Rewinds } from './rewinds.js';

const NOW = new Date('2026-03-01T12:00:00Z');
const TO = '2026-01-01T00:00';
const NEVER = new AbortController().signal;
const COUNTS = { events: 0, things: 0, confirmed: 0, waiting: 0, outOfDate: 0, toDeliver: 0, samples: [] };
const TRANSFER = {
  standing: { state: 'running' as const },
  lag: 0,
  counts: { open: 0, inDoubt: 0, refused: 0, confirmed: 0, confirmedLastMinute: 0 },
  rate: 0,
};

/** Rewinds over a log whose reading ends when a test says so. */
function reading() {
  const gates: PromiseWithResolvers<RedeliveryPreview>[] = [];
  const rewinds = new Rewinds(
    {
      reactors: {
        previewRedelivery: async () => {
          const gate = Promise.withResolvers<RedeliveryPreview>();
          gates.push(gate);
          return await gate.promise;
        },
        redeliver: () => Promise.reject(new Error('nothing is written')),
        mayRedeliverAlone: () => Promise.resolve(undefined),
      },
    },
    { of: (text) => Promise.resolve(overview(companyOf(text))) },
    { moveWatermark: () => Promise.reject(new Error('nothing is written')) },
  );
  const answerAll = async (): Promise<void> => {
    while (gates.length > 0) {
      gates.shift()?.resolve(COUNTS);
      await new Promise(setImmediate);
    }
  };
  return { rewinds, answerAll, gates };
}

function companyOf(text: string): CompanyId {
  if (isCompanyId(text)) return text;
  throw new TypeError(`${text} is no company`);
}

function overview(company: CompanyId): LinkOverview {
  const transfers = { customers: TRANSFER, persons: TRANSFER, orders: TRANSFER };
  const standing = { state: 'running' as const };
  return { company, standing, isConnected: true, settings: DEFAULT_SETTINGS, entry: undefined, transfers };
}

describe('what a rewind would come to', () => {
  it('L5 is reckoned once at a time for a company, and for others meanwhile', async () => {
    const { rewinds, answerAll } = reading();
    const [company, other] = [companyOf(uuidv7()), companyOf(uuidv7())];
    const first = rewinds.preview(company, TO, NOW, NEVER);
    await new Promise(setImmediate);
    expect(await rewinds.preview(company, TO, NOW, NEVER)).toMatchObject({ code: 'rewind.preview-conflict' });
    const others = rewinds.preview(other, TO, NOW, NEVER);
    await new Promise(setImmediate);
    await answerAll();
    expect(await Promise.all([first, others])).toMatchObject([{ takesSeconds: 0 }, { takesSeconds: 0 }]);
    const again = rewinds.preview(company, TO, NOW, NEVER);
    await new Promise(setImmediate);
    await answerAll();
    expect(await again).toMatchObject({ takesSeconds: 0 });
  });

  it('L5 is given up when nobody waits for it, and makes room for the next', async () => {
    const { rewinds, gates, answerAll } = reading();
    const company = companyOf(uuidv7());
    const left = new AbortController();
    const first = rewinds.preview(company, TO, NOW, left.signal);
    await new Promise(setImmediate);
    left.abort(new Error('gone'));
    gates.shift()?.resolve(COUNTS);
    await expect(first).rejects.toThrow('gone');
    const next = rewinds.preview(company, TO, NOW, NEVER);
    await new Promise(setImmediate);
    await answerAll();
    expect(await next).toMatchObject({ takesSeconds: 0 });
  });
});
