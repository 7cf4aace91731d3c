import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

import { metrics } from '@opentelemetry/api';

import { SCOPE } from './scope.js';

/** How finely the delay of the event loop is measured. */
const RESOLUTION_MS = 10;
const NS_PER_SECOND = 1e9;
const US_PER_SECOND = 1e6;

/** How the process itself is. Names: https://opentelemetry.io/docs/specs/semconv/runtime/nodejs-metrics/ */
export function measureProcess(): () => void {
  const meter = metrics.getMeter(SCOPE);
  const seconds = { unit: 's' };
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const p50 = meter.createObservableGauge('nodejs.eventloop.delay.p50', seconds);
  const p99 = meter.createObservableGauge('nodejs.eventloop.delay.p99', seconds);
  const max = meter.createObservableGauge('nodejs.eventloop.delay.max', seconds);
  const utilization = meter.createObservableGauge('nodejs.eventloop.utilization', { unit: '1' });
  const memory = meter.createObservableGauge('process.memory.usage', { unit: 'By' });
  const heap = meter.createObservableGauge('v8js.memory.heap.used', { unit: 'By' });
  const cpu = meter.createObservableCounter('process.cpu.time', seconds);
  let before = performance.eventLoopUtilization();
  meter.addBatchObservableCallback(
    (result) => {
      result.observe(p50, delay.percentile(50) / NS_PER_SECOND);
      result.observe(p99, delay.percentile(99) / NS_PER_SECOND);
      result.observe(max, delay.max / NS_PER_SECOND);
      delay.reset();
      const now = performance.eventLoopUtilization();
      result.observe(utilization, performance.eventLoopUtilization(now, before).utilization);
      before = now;
      const { rss, heapUsed } = process.memoryUsage();
      result.observe(memory, rss);
      result.observe(heap, heapUsed);
      const { user, system } = process.cpuUsage();
      result.observe(cpu, user / US_PER_SECOND, { 'cpu.mode': 'user' });
      result.observe(cpu, system / US_PER_SECOND, { 'cpu.mode': 'system' });
    },
    [p50, p99, max, utilization, memory, heap, cpu],
  );
  return () => delay.disable();
}
