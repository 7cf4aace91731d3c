import {
  metrics,
  type Attributes,
  type Counter,
  type Histogram,
  type MeterProvider,
} from '@opentelemetry/api';
import { SCOPE } from './spans.js';

/** Boundaries in seconds that the semantic conventions give for durations of requests and messages. */
const DURATION = {
  unit: 's',
  advice: {
    explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  },
};

/** What this library counts as it works. Names of `messaging` are OpenTelemetry's; `samspill` names what it has none for. */
interface Instruments {
  readonly sent: Counter;
  readonly sendDuration: Histogram;
  readonly consumed: Counter;
  readonly processDuration: Histogram;
  readonly projected: Counter;
  readonly holes: Counter;
  readonly deliveries: Counter;
  readonly callDuration: Histogram;
}

let made: { readonly by: MeterProvider; readonly instruments: Instruments } | undefined;

/** Made when they are first wanted, which is after the process has decided who takes metrics. */
export function instruments(): Instruments {
  const by = metrics.getMeterProvider();
  if (made?.by !== by) made = { by, instruments: make(by) };
  return made.instruments;
}

/** Runs `work` and records how long it took, in seconds, whatever became of it. */
export async function timed<T>(
  histogram: Histogram,
  attributes: Attributes,
  work: () => Promise<T>,
): Promise<T> {
  const startedMs = performance.now();
  try {
    return await work();
  } finally {
    histogram.record((performance.now() - startedMs) / 1_000, attributes);
  }
}

function make(provider: MeterProvider): Instruments {
  const meter = provider.getMeter(SCOPE);
  return {
    sent: meter.createCounter('messaging.client.sent.messages', {
      unit: '{message}',
      description: 'Events that were published to the log',
    }),
    sendDuration: meter.createHistogram('messaging.client.operation.duration', {
      ...DURATION,
      description: 'Time until the log has acknowledged a batch',
    }),
    consumed: meter.createCounter('messaging.client.consumed.messages', {
      unit: '{message}',
      description: 'Records that came from the log, repeats included',
    }),
    processDuration: meter.createHistogram('messaging.process.duration', {
      ...DURATION,
      description: 'Time to handle a batch of records',
    }),
    projected: meter.createCounter('samspill.projection.events', {
      unit: '{event}',
      description: 'Events that were applied to live rows',
    }),
    holes: meter.createCounter('samspill.projection.holes', {
      unit: '{hole}',
      description:
        'Times that records did not follow on what a projection had read, or versions of a stream were missing',
    }),
    deliveries: meter.createCounter('samspill.reactor.deliveries', {
      unit: '{delivery}',
      description: 'Attempts to deliver something, by what became of them',
    }),
    callDuration: meter.createHistogram('samspill.reactor.call.duration', {
      ...DURATION,
      description: 'Time that the other side took for a call',
    }),
  };
}
