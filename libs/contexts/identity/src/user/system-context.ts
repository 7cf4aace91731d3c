import { uuidv7, type CommandContext } from '@samspill/eventlog';
import { currentRequest } from '@samspill/platform';

/** What the service asks itself: in the request that it is asked for, where there is one. */
export function systemContext(now = new Date()): CommandContext {
  const request = currentRequest();
  return {
    actor: 'service:identity-registration',
    correlationId: request?.correlationId ?? uuidv7(now.getTime()),
    now,
  };
}
