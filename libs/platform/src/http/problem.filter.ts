import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Logger } from '@samspill/eventlog';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { answerTo, PROBLEM_JSON, problemOf, type Answer } from './problem.js';
import { contextOf } from './request-hooks.js';

/** Who may not, who is taken for nobody, who comes by a foreign name, who asks too often: whoever looks for an attack looks for these. */
const REFUSALS_OF_ACCESS: ReadonlySet<number> = new Set([401, 403, 421, 429]);
/** Said alike of a company that is not there and of one that is none of the caller's. */
const HIDDEN = 'company.not-found';

/** Every failure of every route as problem+json (RFC 9457); what nobody expected is logged in full. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Also for what fails before Nest sees the request. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const answer = answerTo(error);
    const path = pathOf(request.url);
    const { correlationId, actor } = contextOf(request);
    if (request.raw.destroyed && !request.raw.complete) {
      this.logger.info('the caller went away before its request was whole', { path, correlationId });
      return;
    }
    this.#log(answer, error, { method: request.method, path, correlationId, actor });
    if (reply.raw.headersSent) {
      // Too late for another status: a cut connection tells the caller that the answer is not whole.
      reply.raw.destroy();
      return;
    }
    if (answer.retryAfterSeconds !== undefined)
      void reply.header('retry-after', String(answer.retryAfterSeconds));
    void reply
      .code(answer.status)
      .header('content-type', PROBLEM_JSON)
      .header('x-correlation-id', correlationId)
      .send(JSON.stringify(problemOf(answer, path, correlationId)));
  }

  #log(answer: Answer, error: unknown, request: Readonly<Record<string, string>>): void {
    const fields = { ...request, status: answer.status, code: answer.code };
    if (answer.status === 500) this.logger.error('a request failed unexpectedly', { ...fields, error });
    else if (answer.status === 503) this.logger.warn('a request could not be served', { ...fields, error });
    else if (REFUSALS_OF_ACCESS.has(answer.status) || answer.code === HIDDEN)
      this.logger.info('access was refused', fields);
    else this.logger.debug('a request was refused', fields);
  }
}

/** Without the query, which may hold what was searched for. */
function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
