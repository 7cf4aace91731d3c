import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PlatformError } from '@samspill/kernel';

import type { HttpConfiguration } from '../configuration/service-configuration.js';
import { errorCode } from '../is-error.js';

/** What the operating system may say to an attempt to listen, as a person would say it. */
const REASONS: Readonly<Record<string, (http: HttpConfiguration) => string>> = {
  EADDRINUSE: ({ host, port }) =>
    `Port ${port} on ${host} is in use by another program. Stop that program, or set SAMSPILL_HTTP_PORT to another port.`,
  EACCES: ({ port }) => `This user may not listen on port ${port}. Set SAMSPILL_HTTP_PORT to one above 1023.`,
  EADDRNOTAVAIL: ({ host }) =>
    `This machine does not have the address ${host}. Set SAMSPILL_HTTP_HOST to one that it has.`,
  ENOTFOUND: ({ host }) =>
    `There is no address of the name ${host}. Set SAMSPILL_HTTP_HOST to one of this machine.`,
};

/**
 * Begins to take requests.
 * @returns the address as a URL without a path, with the port that was taken where the configuration leaves it open
 * @throws PlatformError `platform.cannot-listen` with a sentence that says what to do
 */
export async function listen(app: NestFastifyApplication, http: HttpConfiguration): Promise<string> {
  try {
    await app.listen(http.port, http.host);
  } catch (error) {
    const reason = REASONS[errorCode(error)]?.(http);
    if (reason === undefined) throw error;
    throw new PlatformError('platform.cannot-listen', reason, false, { cause: error });
  }
  return await app.getUrl();
}
