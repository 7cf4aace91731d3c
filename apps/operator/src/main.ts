import { ProcessTerminal } from './terminal.js';
import { run } from './program.js';

// A pipe that was closed, as by `head`, is the reader's way to say that it has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await run(process.argv.slice(2), new ProcessTerminal(), process.env);
