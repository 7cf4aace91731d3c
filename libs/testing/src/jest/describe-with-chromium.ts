import { describe } from '@jest/globals';

import { installedChromium } from '../sign-in/chromium.js';

/** A suite in a real browser; without one it is counted as skipped, and with `CI=true` it fails. */
export function describeWithChromium(title: string, suite: (executablePath: string) => void): void {
  const installed = installedChromium();
  if (installed !== undefined) describe(title, () => suite(installed));
  else if (process.env['CI'] === 'true')
    throw new Error('There is no Chromium on this machine: apt-get install chromium.');
  else describe.skip(`${title} (needs Chromium: apt-get install chromium)`, () => suite(''));
}
