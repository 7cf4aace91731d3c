/** One run of one contender, in a process that has done nothing else: `node contender-process.js NAME COURSE`. */
import {
  isContender,
  type Contender,
  type ContenderName,
  type Course,
  type MeasuredRun,
} from './contender.js';

/** Loaded one by one: importing the event log mends kafkajs for the whole process. */
async function load(name: ContenderName): Promise<Contender> {
  switch (name) {
    case 'consumePublished':
      return (await import('./kafkajs-contenders.js')).consumeOnly;
    case 'consumeOnly':
    case 'consumeParse':
    case 'plainUpsert':
      await import('@samspill/eventlog');
      return (await import('./kafkajs-contenders.js'))[name];
    case 'copyOnly':
      return (await import('./copy-contender.js')).copyOnly;
    case 'readOnly':
    case 'chainCheck':
    case 'rebuildState':
    case 'rebuildStateEncrypted':
    case 'rebuildEvery':
      return (await import('./samspill-contenders.js'))[name];
  }
}

const [name = '', course = ''] = process.argv.slice(2);
if (!isContender(name)) throw new Error(`There is no contender ${name}.`);
const contender = await load(name);
const run = await contender(JSON.parse(course) as Course);
const peakMiB = process.resourceUsage().maxRSS / 1_024;
process.send?.({ ...run, peakMiB } satisfies MeasuredRun);
if (process.connected) process.disconnect();
