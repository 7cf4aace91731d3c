import type { Throttle } from '@samspill/eventlog';
import type { z } from 'zod';

import type { throttle } from './operation.answers.js';

/** A throttle as it is asked for: bounds that are not named are none. */
export function throttleFrom({ eventsPerSecond, maxLiveLag }: z.output<typeof throttle> = {}): Throttle {
  return {
    ...(eventsPerSecond !== undefined && { eventsPerSecond }),
    ...(maxLiveLag !== undefined && { maxLiveLag }),
  };
}
