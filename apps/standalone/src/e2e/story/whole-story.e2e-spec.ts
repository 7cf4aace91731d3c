import { afterAll, beforeAll, describe } from '@jest/globals';
import { NEWEST_KAFKA, startKafka } from '@samspill/testing';
import { describeWithOwnKafka } from '@samspill/testing/jest';
import { openProcesses, openStandalone, type Installation } from './installation.js';
import { specifyWholeStory } from './whole-story.specification.js';

const START_TIMEOUT_MS = 300_000;

describe('the whole story, from nothing to a synchronising company with users of different roles', () => {
  describe('in one process, as npm start -- --sign-in runs it', () => {
    let installation: Installation;
    beforeAll(async () => {
      installation = await openStandalone();
    }, START_TIMEOUT_MS);
    afterAll(async () => {
      await installation[Symbol.asyncDispose]();
    });

    specifyWholeStory(() => installation, { hasCrmLink: true });
  });

  describeWithOwnKafka('in two processes that meet on Kafka alone', NEWEST_KAFKA, () => {
    const opened = new AsyncDisposableStack();
    let installation: Installation;
    beforeAll(async () => {
      const kafka = opened.adopt(await startKafka(), (broker) => broker.stop());
      installation = opened.use(await openProcesses(kafka.brokers));
    }, START_TIMEOUT_MS);
    afterAll(() => opened.disposeAsync());

    specifyWholeStory(() => installation, { hasCrmLink: false });
  });
});
