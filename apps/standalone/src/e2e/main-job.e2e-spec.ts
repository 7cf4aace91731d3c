import { afterAll, beforeAll, describe } from '@jest/globals';
import { NEWEST_KAFKA, startKafka, type ServiceProcess } from '@samspill/testing';
import { describeWithOwnKafka } from '@samspill/testing/jest';
import { specifyMainJob } from './main-job.specification.js';
import { describeWithNorthwind } from './northwind.js';
import { apiOf, startStandalone, temporaryFolder } from './standalone-process.js';
import { startTwoServices, type TwoServices } from './two-services.js';

const START_TIMEOUT_MS = 300_000;

describeWithNorthwind('the main job on the Northwind sample', (readNorthwind) => {
  describe('in one process, as npm start runs it', () => {
    const opened = new AsyncDisposableStack();
    let standalone: ServiceProcess;

    beforeAll(async () => {
      const folder = opened.use(await temporaryFolder());
      standalone = opened.adopt(await startStandalone(folder.path, '--no-demo'), async (service) => {
        await service.kill('SIGTERM');
      });
    }, START_TIMEOUT_MS);
    afterAll(() => opened.disposeAsync());

    specifyMainJob(() => apiOf(standalone), readNorthwind);
  });

  describeWithOwnKafka('in two processes that meet on Kafka alone', NEWEST_KAFKA, () => {
    const opened = new AsyncDisposableStack();
    let services: TwoServices;

    beforeAll(async () => {
      const kafka = opened.adopt(await startKafka(), (broker) => broker.stop());
      services = opened.use(await startTwoServices(kafka.brokers));
    }, START_TIMEOUT_MS);
    afterAll(() => opened.disposeAsync());

    specifyMainJob(() => services.api, readNorthwind);
  });
});
