import { readFile } from 'node:fs/promises';

const SAMPLE_MS = 250;

/** Watches how much memory another process holds while `work` runs: its highest resident size in MiB (Linux; NaN elsewhere). */
export async function peakRss<T>(
  pid: number,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly peakMiB: number }> {
  let peakMiB = Number.NaN;
  const sample = async (): Promise<void> => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const kib = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
    if (kib !== undefined) peakMiB = Math.max(Number.isNaN(peakMiB) ? 0 : peakMiB, Number(kib) / 1024);
  };
  const timer = setInterval(() => void sample(), SAMPLE_MS);
  try {
    await sample();
    const result = await work();
    await sample();
    return { result, peakMiB };
  } finally {
    clearInterval(timer);
  }
}
