import { runService } from '../run-service.js';
import { tinyContext } from './tiny-context.js';

await runService({
  context: tinyContext('tiny', 'samspill.tiny'),
  description: 'For tests of the host',
  version: '1',
});
