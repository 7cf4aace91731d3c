import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { NEWEST_KAFKA, OtlpReceiver, startKafka, waitFor, type ReceivedSpan } from '@samspill/testing';
import { demoCompany } from '@samspill/testing/demo';
import { describeWithOwnKafka } from '@samspill/testing/jest';
import { CompanyContacts } from './company-contacts.js';
import { startTwoServices, type TwoServices } from './two-services.js';

const START_TIMEOUT_MS = 120_000;
const SEED = 77;
/** What is about a person, and must not be in what leaves a service for those who run it. */
const PERSON = {
  name: 'Ragnfrid Ødegårdstuen',
  email: 'ragnfrid.odegardstuen@example.no',
  phone: '+4790017788',
  mobile: '+4790017799',
};
const CUSTOMER = {
  number: '77001',
  name: 'Tuvassåsen Trelast AS',
  email: 'post@tuvassasen.example.no',
  phone: '+4722007788',
};

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
    waitFor(() => Promise.resolve(collector.spans.find(is)), { describe: `the span ${describe}` });

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
      'messaging.consumer.group.name': 'contacts',
      'messaging.batch.message_count': 1,
    });
    const statements = collector.trace(request.traceId).filter((one) => 'db.query.text' in one.attributes);
    expect(statements.map(({ attributes }) => attributes['db.system.name'])).toContain('postgresql');
  });
});
