import { setTimeout as delay } from 'node:timers/promises';

import { metrics, type BatchObservableResult, type Observable } from '@opentelemetry/api';

import { SCOPE } from './scope.js';

/** Below what Prometheus waits for all metrics (10 s): a database or a log that is away must not hide the rest of them. */
const COLLECT_TIMEOUT_MS = 4_000;

/** What is looked up when metrics are collected; returns how to end that. A look that fails or takes too long leaves its metrics out. */
export function collected(
  observables: Observable[],
  look: (result: BatchObservableResult) => Promise<void>,
): () => void {
  const meter = metrics.getMeter(SCOPE);
  const callback = async (result: BatchObservableResult): Promise<void> => {
    const bound = new AbortController();
    const late = delay(COLLECT_TIMEOUT_MS, undefined, { signal: bound.signal, ref: false });
    try {
      await Promise.race([look(result), late]).catch(() => undefined);
    } finally {
      bound.abort();
    }
  };
  meter.addBatchObservableCallback(callback, observables);
  return () => meter.removeBatchObservableCallback(callback, observables);
}
