import { runService } from '../run-service.js';
import { tinyContext } from './tiny-context.js';

/** What runs before an update. The topic is the test's own, so that tests may share a broker. */
await runService({
  context: tinyContext('tiny', process.env['TINY_TOPIC'] ?? 'samspill.tiny', 1),
  description: 'For tests of updates',
  version: '1',
});
