import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { ContenderName, Course, MeasuredRun } from './contender.js';

const MAIN = join(import.meta.dirname, 'contender-process.js');

/** Runs a contender once in a process of its own, and waits for that to end. */
export async function runContender(name: ContenderName, course: Course): Promise<MeasuredRun> {
  const child = fork(MAIN, [name, JSON.stringify(course)], {
    execArgv: ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'],
  });
  const result = Promise.withResolvers<MeasuredRun>();
  let measured: MeasuredRun | undefined;
  child.on('message', (message) => {
    measured = message as MeasuredRun;
  });
  child.on('error', (error) => {
    result.reject(error);
  });
  child.on('exit', (code, signal) => {
    if (measured && code === 0) result.resolve(measured);
    else result.reject(new Error(`${name} ended with ${signal ?? code}`));
  });
  return await result.promise;
}
