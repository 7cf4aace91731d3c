import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PostgresEventStore } from '@samspill/eventlog';
import { waitFor } from '@samspill/testing';
import { contextNow, send, valueOf, World, type Service } from './resync-world.specification.js';
const ROWS = 100_000;
function* largeCsv(): Generator<Buffer> {
  yield Buffer.from('Kundenr;Navn;Poststed;Merknad\r\n');
  for (let row = 0; row < ROWS; row += 500) {
    let chunk = '';
    for (let number = row; number < row + 500; number += 1) chunk += `${number};Kunde ${number} AS;Ålesund;Ring før klokken ti\r\n`;
    yield Buffer.from(chunk);
  }
}
describe('x', () => {
  let world: World;
  let service: Service;
  beforeAll(async () => { world = await World.open('postgres'); service = await world.service(); });
  afterAll(() => world.close());
  it('y', async () => {
    const company = await world.company(service);
    const t0 = Date.now();
    const preview = await send(service, company, Readable.from(largeCsv()));
    const t1 = Date.now();
    const { eventLog } = service.dependencies;
    const orig = eventLog.transact.bind(eventLog); let tx = 0, n = 0, back = 0;
    eventLog.transact = async (c, w) => { const t = performance.now(); const r = await orig(c, w); tx += performance.now() - t; n++; return r; };
    const ob = eventLog.backlog.bind(eventLog);
    eventLog.backlog = async () => { const t = performance.now(); const r = await ob(); back += performance.now() - t; return r; };
    const P = PostgresEventStore.prototype as any; const times: any = {};
    for (const m of ['heads', 'append']) { const o = P[m]; P[m] = async function (...a: any[]) { const t = performance.now(); const r = await o.apply(this, a); times[m] = (times[m] ?? 0) + performance.now() - t; return r; }; }
    const cpu = process.cpuUsage();
    service.runner.start();
    valueOf(await service.resyncs.confirm(company, preview.id, undefined, contextNow()));
    await waitFor(async () => valueOf(await service.resyncs.find(company, preview.id, contextNow())).endedAt !== undefined, { describe: 'end', timeoutMs: 120_000, intervalMs: 500 });
    const t2 = Date.now();
    await eventLog.settled(company, ['contacts.directory'], 120_000);
    const t3 = Date.now();
    console.log('receive', t1 - t0, 'run', t2 - t1, 'settle', t3 - t2, { tx, n, back, times, cpu: process.cpuUsage(cpu) });
    expect(1).toBe(1);
  }, 300_000);
});
