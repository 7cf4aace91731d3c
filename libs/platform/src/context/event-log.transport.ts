import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import type { EventLog } from '@samspill/eventlog';

/**
 * A context's event log in Nest's life cycle: started with the application's microservices, stopped after HTTP has answered
 * its last request. Events go to projections in batches and never through Nest's dispatcher, so there are no handlers here.
 */
export class EventLogTransport extends Server implements CustomTransportStrategy {
  override readonly transportId: symbol;

  constructor(private readonly eventLog: Pick<EventLog, 'start' | 'stop' | 'manifest'>) {
    super();
    this.transportId = Symbol(eventLog.manifest.topic);
  }

  listen(callback: () => void): void {
    this.eventLog.start();
    callback();
  }

  async close(): Promise<void> {
    await this.eventLog.stop();
  }

  on(): never {
    throw new TypeError('The event log has no events of its own in Nest; read it through a projection.');
  }

  unwrap(): never {
    throw new TypeError('The event log hides its broker.');
  }
}
