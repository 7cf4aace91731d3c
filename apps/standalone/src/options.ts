import { parseArgs } from 'node:util';
import { PlatformError } from '@samspill/kernel';

const DEFAULT_PORT = 4280;
const MAX_PORT = 65_535;

export interface Options {
  /** TCP port on loopback; 0 takes a free one. */
  readonly port: number;
  /** Undefined: the default one. */
  readonly dataDir: string | undefined;
  /** Begin anew: what is in the data folder goes. */
  readonly fresh: boolean;
  /** Do the main job on the demo company. Never with sign-in: nobody would administer it. */
  readonly demo: boolean;
  /** Everybody has to sign in. */
  readonly signIn: boolean;
  readonly help: boolean;
}

export const HELP = `Usage: npm start -- [options]

  --port N        listen on 127.0.0.1:N (default ${DEFAULT_PORT}; 0 takes a free port)
  --data-dir DIR  keep the data in DIR (default .samspill/data)
  --fresh         begin anew: remove the data of last time
  --no-demo       start without the demo company
  --sign-in       ask everybody to sign in, as in production: begins without a company, in a data folder of its own
                  (.samspill/signed-in), and says how to become the first operator
  --help          this text`;

/** @throws PlatformError that names every option that is not right */
export function readOptions(args: readonly string[]): Options {
  let values: {
    port?: string;
    'data-dir'?: string;
    fresh?: boolean;
    'no-demo'?: boolean;
    'sign-in'?: boolean;
    help?: boolean;
  };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        'data-dir': { type: 'string' },
        fresh: { type: 'boolean' },
        'no-demo': { type: 'boolean' },
        'sign-in': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new PlatformError('standalone.options', `${reason}.\n\n${HELP}`, false);
  }
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) {
    throw new PlatformError(
      'standalone.options',
      `--port takes a number from 0 to ${MAX_PORT}, not «${values.port ?? ''}».\n\n${HELP}`,
      false,
    );
  }
  return {
    port,
    dataDir: values['data-dir'],
    fresh: values.fresh === true,
    demo: values['no-demo'] !== true && values['sign-in'] !== true,
    signIn: values['sign-in'] === true,
    help: values.help === true,
  };
}
