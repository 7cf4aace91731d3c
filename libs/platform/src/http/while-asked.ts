import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { PlatformError } from '@samspill/kernel';
import type { FastifyReply } from 'fastify';

/**
 * A signal that is aborted when whoever asked has gone before the answer: for work that only the answer is good for. A request says `close` as
 * soon as its body is read, so it is the response that is looked at.
 */
export const WhileAsked = createParamDecorator((_data: unknown, context: ExecutionContext): AbortSignal => {
  const { raw } = context.switchToHttp().getResponse<FastifyReply>();
  const left = new AbortController();
  raw.once('close', () => {
    if (!raw.writableEnded)
      left.abort(new PlatformError('request.left', 'Nobody waits for the answer any more.', false));
  });
  return left.signal;
});
