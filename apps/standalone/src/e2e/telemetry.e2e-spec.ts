import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { NEWEST_KAFKA, OtlpReceiver, startKafka, waitFor, type ReceivedSpan } from '@samspill/testing';
import { demoCompany } from '@samspill/testing/demo';
import { describeWithOwnKafka } from '@samspill/testing/jest';
import { CompanyContacts, type Change } from './company-contacts.js';
import { startTwoServices, type TwoServices } from './two-services.js';

const START_TIMEOUT_MS = 300_000;
const SEED = 77;
/** Phases, and units of partitions by as many as there can be; the events are more. */
const MOST_SPANS_OF_A_RESTORE = 60;
/** Of people: none of these may be in what leaves a service for those who run it. */
const CUSTOMER = {
  name: 'Tuvassåsen Trelast AS',
  email: 'post@tuvassasen.example.no',
  phone: '+4722007788',
};
const PERSON = {
  name: 'Ragnfrid Ødegårdstuen',
  email: 'ragnfrid.odegardstuen@example.no',
  phone: '+4790017788',
  mobile: '+4790017799',
};
const BATCH: readonly Change[] = [
  { op: 'put', kind: 'customer', record: { number: '77001', ...CUSTOMER } },
  {
    op: 'put',
    kind: 'contact-person',
    record: { number: '77002', parent: { kind: 'customer', number: '77001' }, ...PERSON },
  },
];

describeWithOwnKafka('P7 what a service tells those who run it', NEWEST_KAFKA, () => {
  const opened = new AsyncDisposableStack();
  let collector: OtlpReceiver;
  let services: TwoServices;
  let company: CompanyContacts;

  beforeAll(async () => {
    const kafka = opened.adopt(await startKafka(), (broker) => broker.stop());
    collector = opened.use(await OtlpReceiver.start());
    services = opened.use(
      await startTwoServices(kafka.brokers, undefined, {
        SAMSPILL_TELEMETRY_OTLP_URL: collector.url,
        SAMSPILL_TELEMETRY_METRICS_PORT: '0',
        SAMSPILL_LOG_LEVEL: 'debug',
      }),
    );
  }, START_TIMEOUT_MS);
  afterAll(() => opened.disposeAsync());

  /** The span that answers, once it has come. */
  const span = (describe: string, is: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> =>
    waitFor(() => collector.spans.find(is), { describe: `the span ${describe}` });

  it('one trace leads from the request through append, outbox and topic to the rows of another process', async () => {
    company = await CompanyContacts.register(services.api, demoCompany(SEED));
    const request = await span('of the request', ({ name }) => name === 'POST /api/identity/v1/companies');
    const next = (parent: ReceivedSpan, name: string): Promise<ReceivedSpan> =>
      span(`${name} under ${parent.name}`, (one) => one.name === name && one.parentSpanId === parent.spanId);
    const appended = await next(request, 'append samspill.identity');
    const sent = await next(appended, 'send samspill.identity');
    const handled = await span(
      'of contacts-sync',
      (one) =>
        one.name === 'process samspill.identity' &&
        one.parentSpanId === appended.spanId &&
        one.service === 'contacts-sync',
    );
    const projected = await next(handled, 'project contacts.company');
    expect(new Set([request, appended, sent, handled, projected].map(({ traceId }) => traceId)).size).toBe(1);
    expect(handled.instance).not.toBe(request.instance);
    expect(request.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/api/identity/v1/companies',
      'http.response.status_code': 201,
    });
    expect(handled.attributes).toMatchObject({
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'samspill.identity',
      'messaging.consumer.group.name': expect.stringMatching(/^contacts\.projections\./),
      'messaging.batch.message_count': 1,
    });
    const statements = collector.trace(request.traceId).filter((one) => 'db.query.text' in one.attributes);
    expect(statements.map(({ attributes }) => attributes['db.system.name'])).toContain('postgresql');
  });

  it('a request with a body, and what is done for it, is one trace; a search is one without a word of what was looked for', async () => {
    await company.switchSynchronisation(true);
    expect(await company.takeBatch('i1', 1, BATCH)).toMatchObject({ created: 2, rejected: 0 });
    await waitFor(async () => (await company.search('Ragnfrid')).length > 0, { describe: 'the person' });
    const taken = await span('of the batch', ({ name }) =>
      name.startsWith('POST /api/contacts/v1/companies/:'),
    );
    const projected = await span(
      'of the directory',
      ({ name, traceId }) => name === 'project contacts.directory' && traceId === taken.traceId,
    );
    expect(projected.service).toBe('contacts-sync');
    await span('of the search', ({ name }) => name.endsWith('/contacts'));
  });

  it('a restore is a trace under its own id: phases and partitions, never a span for an event', async () => {
    const id = await company.startRebuild();
    await company.rebuilt(id);
    const traceId = id.replaceAll('-', '');
    const root = await span('of the rebuild', (one) => one.traceId === traceId && one.name === 'rebuild');
    const spans = collector.trace(traceId);
    const children = (parent: ReceivedSpan): readonly ReceivedSpan[] =>
      spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
    const phases = children(root).map(({ name }) => name);
    expect(phases).toEqual(
      expect.arrayContaining(
        ['reading', 'indexing', 'verifying', 'switching'].map((phase) => `${phase} contacts.directory`),
      ),
    );
    const reading = children(root).find(({ name }) => name.startsWith('reading'));
    expect(reading && new Set(children(reading).map(({ name }) => name))).toEqual(
      new Set(['fold partitions', 'load partitions']),
    );
    expect(spans.length).toBeLessThan(MOST_SPANS_OF_A_RESTORE);
  });

  it('names nobody: neither spans nor metrics nor log lines hold what is about a person', () => {
    const output = services.identity.process.output() + services.contacts.process.output();
    for (const text of [...Object.values(PERSON), ...Object.values(CUSTOMER), 'Ragnfrid', 'Tuvass']) {
      expect(collector.everything).not.toContain(text);
      expect(collector.everything).not.toContain(encodeURIComponent(text));
      expect(output).not.toContain(text);
      expect(output).not.toContain(encodeURIComponent(text));
    }
  });

  it('log lines of a request carry its trace', async () => {
    await services.api.call('GET', '/api/contacts/v1/companies/nobody/contacts');
    const line = await waitFor(
      () => /.*access was refused.*"trace_id":"([0-9a-f]{32})".*/.exec(services.contacts.process.output()),
      { describe: 'a line with a trace' },
    );
    expect(JSON.parse(line[0])).toMatchObject({
      trace_id: line[1],
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });
});
