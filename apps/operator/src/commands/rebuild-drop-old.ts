import { droppedAnswer } from '@samspill/platform/answers';
import { show } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { bytes } from '../render/quantities.js';
import type { CommandSpecification } from './command.js';
import { agreed } from './rebuild-start.js';

/** Makes room by giving up the way back. */
export const droppingOld: CommandSpecification = {
  name: 'drop-old',
  summary: 'Drop the former rows of a projection, which are kept as the way back',
  explanation: 'Makes room in the database. `rebuild undo` is not possible any more afterwards.',
  options: [
    ['--projection <name>', 'which'],
    ['--reason <text>', 'why; required, and kept for ever'],
    ['--yes', 'do not ask'],
  ],
  example: 'samspill rebuild drop-old --projection contacts.directory --reason "the disk is nearly full"',
  run: async (cli, options) => {
    const projection = options.required('projection', 'say whose former rows');
    const reason = options.required('reason', 'say why; it is kept for ever');
    const service = projection === '' ? undefined : options.serviceOf(projection, cli.services.names);
    const isSure = options.isSet('yes');
    if (cli.isJson && !isSure) options.fault('--json asks nobody: give --yes as well.');
    options.done();
    if (!isSure && !(await agreed(cli, `Drop the former rows of ${projection}? There is no undo then.`)))
      return EXIT.done;
    const one = cli.services.one(service ?? '');
    const answer = await one.call('POST', 'rebuilds/drop-old', droppedAnswer, { projection, reason });
    const { generations, bytes: size } = answer.value;
    const said =
      generations.length === 0
        ? `${projection} has no former rows.`
        : `Dropped generation ${generations.join(', ')} of ${projection}: ${bytes(size)}.`;
    show(cli, [said], answer.raw);
    return EXIT.done;
  },
};
