import { identityContext } from '@samspill/context-identity';
import { runService } from '@samspill/platform';

await runService({
  context: identityContext,
  description:
    'Who may do what, for which company: companies are registered here, and their synchronisation is switched on and off.',
  version: '0.1.0',
});
