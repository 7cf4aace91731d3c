/** By which spans and metrics of this library are known. */
export const SCOPE = '@samspill/platform';

/** Boundaries in seconds that OpenTelemetry's semantic conventions give for durations of requests. */
export const REQUEST_DURATION = {
  unit: 's',
  advice: {
    explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  },
};
