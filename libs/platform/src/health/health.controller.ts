import { Controller, Get, HttpCode, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { anyone, Permissions } from '../access/permission.js';
import { Lifecycle } from '../host/lifecycle.js';
import { Readiness, type Lacks } from './readiness.js';

interface HealthAnswer {
  readonly status: 'ok' | 'missing';
  /** What is missing, each in a sentence. */
  readonly missing?: readonly string[];
  /** What does not work although requests are answered, each in a sentence. */
  readonly impaired?: readonly string[];
}

/** The probes of Kubernetes and of whoever else watches a process: 200, or 503 with what is missing in words. */
@ApiExcludeController()
@Permissions(anyone('probes have no credentials, and learn nothing of anybody'))
@Controller('health')
export class HealthController {
  constructor(
    @Inject(Lifecycle) private readonly lifecycle: Lifecycle,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  /** Whether the process is alive: it answers, so it is. A restart mends nothing that readiness names. */
  @Get('live')
  @HttpCode(200)
  live(): HealthAnswer {
    return { status: 'ok' };
  }

  /** Whether it has come up. */
  @Get('startup')
  startup(@Res({ passthrough: true }) reply: FastifyReply): HealthAnswer {
    const missing = this.lifecycle.phase === 'starting' ? ['The service is starting.'] : [];
    return answer(reply, { missing, impaired: [] });
  }

  /** Whether requests should come here. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthAnswer> {
    return answer(reply, await this.readiness.look());
  }
}

function answer(reply: FastifyReply, { missing, impaired }: Lacks): HealthAnswer {
  void reply.header('cache-control', 'no-store').code(missing.length === 0 ? 200 : 503);
  return {
    status: missing.length === 0 ? 'ok' : 'missing',
    ...(missing.length > 0 && { missing }),
    ...(impaired.length > 0 && { impaired }),
  };
}
