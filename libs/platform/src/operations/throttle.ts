import type { Throttle } from '@samspill/eventlog';
import type { z } from 'zod';

import type { throttleRequest } from './operation.schemas.js';

/** A throttle as it is asked for: bounds that are not named are none. */
export function throttleFrom({
  eventsPerSecond,
  maxLiveLag,
}: z.output<typeof throttleRequest> = {}): Throttle {
  return {
    ...(eventsPerSecond !== undefined && { eventsPerSecond }),
    ...(maxLiveLag !== undefined && { maxLiveLag }),
  };
}
