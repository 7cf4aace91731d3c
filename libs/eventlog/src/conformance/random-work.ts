import { streamName, type DomainEvent } from '@samspill/kernel';
import { pick } from './pick.js';
import { account, closed, emptied, left, moved, named } from './toy/toy-writing.js';

/** Something to append: the events of one command on one stream, each with the command's reference. */
export interface Work {
  readonly company: string;
  readonly stream: string;
  readonly reference: string;
  readonly events: readonly DomainEvent[];
}

/** Few, so that commands meet on the same streams. */
const NUMBERS = ['1', '2', '3'];

/** A command of the bank's service, or of the owners'. A reference is in every event, so that each can be told apart. */
export function randomWork(
  service: 'bank' | 'owners',
  random: () => number,
  companies: readonly string[],
  reference: string,
): Work {
  const [company, number] = [pick(random, companies), pick(random, NUMBERS)];
  const work = (category: string, ...events: readonly DomainEvent[]): Work => {
    return { company, stream: streamName(category, company, number), reference, events };
  };
  const dice = random();
  if (service === 'owners') return work('toy.owner', dice < 0.2 ? left(number) : named(number, reference));
  if (dice < 0.3) return work('toy.account', account(number, reference));
  if (dice < 0.4) return work('toy.account', account(number, reference), closed(number));
  if (dice < 0.5) return work('toy.ledger', emptied(number), moved(number, 1, reference));
  return work(
    'toy.ledger',
    ...Array.from({ length: 1 + Math.floor(random() * 3) }, () => moved(number, 1, reference)),
  );
}
