import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

const NAME = 'samspill';

/** Where a user's programs keep what is theirs: XDG Base Directory on Unix, `%APPDATA%` on Windows. */
export function configFolder(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string {
  const { XDG_CONFIG_HOME: xdg, APPDATA: appData } = env;
  // The specification says that a relative path counts as none.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, NAME);
  if (platform === 'win32' && appData !== undefined && appData !== '') return join(appData, NAME);
  return join(homedir(), '.config', NAME);
}
