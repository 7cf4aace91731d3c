import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser as ChromiumBrowser, Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
/** WCAG 2.2, level AA, and what of it was in earlier versions. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Path of a browser that is installed on this machine. */
export function installedChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** A real browser, for what scripts of pages do and for how pages come out. Where only HTTP counts, `Browser` is enough. */
export async function openChromium(executablePath: string): Promise<ChromiumBrowser> {
  // Read here alone: it takes longer than many a suite.
  const { chromium } = await import('playwright-core');
  // Pages are our own, and in containers there is no user to be but root, for whom there is no sandbox.
  return await chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** What on a page somebody cannot see, reach or understand, as far as that can be computed; a line each. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  const { default: axe } = await import('axe-core');
  await page.evaluate(axe.source);
  const found = await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(RULES)} })`);
  return (found as AxeResults).violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html }) => `${id}: ${help}: ${html}`),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
