import { afterAll, beforeAll } from '@jest/globals';
import { newMasterKey } from '@samspill/eventlog';
import { ContainerStack } from '@samspill/testing';
import { HttpApi } from './http-api.js';
import { specifyMainJob } from './main-job.specification.js';
import { describeWithNorthwind } from './northwind.js';

/** Of the images that `npm run test:containers` has built. */
const TAG = process.env['SAMSPILL_IMAGES_TAG'] ?? '';
const SERVICES = { identity: 'identity-registration', contacts: 'contacts-sync' } as const;
/** Two tasks and two services start one after the other, on a machine that may be busy. */
const START_TIMEOUT_MS = 300_000;

describeWithNorthwind('the main job on the images, each service in a container', (readNorthwind) => {
  const opened = new AsyncDisposableStack();
  const urls = new Map<string, string>();

  beforeAll(async () => {
    const stack = opened.use(await ContainerStack.start());
    const masterKey = newMasterKey(new Date());
    const images = await Promise.all(
      Object.entries(SERVICES).map(async ([context, app]) => ({
        context,
        image: `samspill/${app}:${TAG}`,
        env: {
          SAMSPILL_DATABASE_URL: await stack.database(context),
          SAMSPILL_KAFKA_BROKERS: stack.brokers,
          SAMSPILL_MASTER_KEYS: masterKey,
        },
      })),
    );
    for (const image of images) await stack.run(image, 'topics');
    await Promise.all(images.map(async (image) => urls.set(image.context, await stack.serve(image))));
  }, START_TIMEOUT_MS);
  afterAll(() => opened.disposeAsync(), START_TIMEOUT_MS);

  specifyMainJob(() => new HttpApi((context) => urls.get(context) ?? ''), readNorthwind);
});
