import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * The child must not be in our terminal's process group (Ctrl-C would stop it before we have finished with it), so
 * nothing would stop it when we die without a word (SIGKILL, a crash). A shell of 1 MB waits on a pipe that the system
 * closes with us, and sends the signal then. A line on the pipe says that there is nothing left to do. A folder is
 * removed when the child has gone, for which it gets ten seconds.
 */
const WATCH = `
if read -r line; then exit 0; fi
kill -s "$1" "$2" 2>/dev/null
[ -n "$3" ] || exit 0
tries=0
while kill -0 "$2" 2>/dev/null && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
rm -rf -- "$3"
`;

/** What happens to a child process, and to a folder of its own, when this process ends in whatever way. */
export interface EndWithParent {
  readonly pid: number;
  readonly signal: 'INT' | 'TERM' | 'KILL';
  /** A temporary folder to remove after the signal. */
  readonly thenRemove?: string;
}

/**
 * Ends a child process when this process ends. Does nothing on Windows, which has neither signals nor this shell.
 * @returns call it when the child has ended by itself, so that its pid, which may be reused, is left alone
 */
export function endWithParent(child: EndWithParent): () => void {
  if (process.platform === 'win32') return () => undefined;
  const watch = spawn(
    '/bin/sh',
    ['-c', WATCH, 'samspill-watch', child.signal, String(child.pid), child.thenRemove ?? ''],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
    },
  );
  watch.unref();
  // EPIPE: somebody killed the shell; the child's own stop still works.
  watch.stdin.on('error', () => undefined);
  if (watch.stdin instanceof Socket) watch.stdin.unref();
  return () => {
    watch.stdin.end('done\n');
  };
}
