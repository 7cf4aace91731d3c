import { intakeHeld, intakeReleased, type EventDefinition, type IntakeHeld } from '@samspill/contracts';
import { streamName, type Actor } from '@samspill/kernel';
import type { Head, Unit } from '../unit.js';

/** Why a company's intake is held. */
export interface Hold extends IntakeHeld {
  /** RFC 3339. */
  readonly since: string;
  readonly by: Actor;
}

/**
 * Whether a context takes in records of a company: a stream for each company, `<context>.intake/<company>`, whose last event says it.
 * What is being taken in when a hold comes may still be written, as if it had come just before.
 */
export class IntakeHolds {
  readonly #held: EventDefinition<string, IntakeHeld>;
  readonly #released: EventDefinition;

  constructor(private readonly context: string) {
    this.#held = intakeHeld(context);
    this.#released = intakeReleased(context);
  }

  stream(company: string): string {
    return streamName(`${this.context}.intake`, company);
  }

  /** @param head of {@link stream}, loaded together with others that a command needs */
  of(head: Head | undefined): Hold | undefined {
    const event = head?.event;
    if (event?.type !== this.#held.type) return undefined;
    return { ...this.#held.schema.parse(event.data), since: event.meta.time, by: event.meta.actor };
  }

  async find(unit: Unit, company: string): Promise<Hold | undefined> {
    const stream = this.stream(company);
    return this.of((await unit.heads([stream])).get(stream));
  }

  /** Does nothing where it is held. */
  async hold(unit: Unit, company: string, held: IntakeHeld): Promise<void> {
    const stream = this.stream(company);
    const head = (await unit.heads([stream])).get(stream);
    if (this.of(head)) return;
    const { revert, reason } = held;
    const event = { type: this.#held.type, data: { revert, reason } };
    unit.append({ stream, key: company }, head?.version ?? 0, [event]);
  }

  /** @returns the hold that has ended; undefined where there was none */
  async release(unit: Unit, company: string, reason: string): Promise<Hold | undefined> {
    const stream = this.stream(company);
    const head = (await unit.heads([stream])).get(stream);
    const hold = this.of(head);
    if (hold && head)
      unit.append({ stream, key: company }, head.version, [{ type: this.#released.type, data: { reason } }]);
    return hold;
  }
}
