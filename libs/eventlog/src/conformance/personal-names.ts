import { describe, expect, it } from '@jest/globals';
import { people } from './people.js';
import { companies, company, scenes } from './scene.js';
import { forgotten, person } from './toy/people.js';
import type { MakeWorld } from './world.js';

const EMAIL = 'ase@example.no';

/** G58: names that are about people. */
export function describePersonalNames(make: MakeWorld): void {
  describe('names that are about people', () => {
    const scene = scenes(make);

    it('G58 belong to one stream, also when two ask at once, and are given back with whoever is forgotten', async () => {
      const opened = await scene();
      const process = await people(opened);
      const numbers = ['1', '2', '3', '4'];
      const outcomes = await Promise.allSettled(
        numbers.map((number) =>
          process.append(company, 'toy.person', number, person('Åse', { email: EMAIL })),
        ),
      );
      const refused = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      );
      expect(refused).toHaveLength(numbers.length - 1);
      for (const reason of refused) expect(reason).toMatchObject({ code: 'eventlog.reservation-taken' });
      const holder = await process.eventLog.holderOf('email', EMAIL);
      expect(holder).toBeDefined();
      const winner = numbers[outcomes.findIndex(({ status }) => status === 'fulfilled')] ?? '';
      expect(holder?.endsWith(`/${winner}`)).toBe(true);
      await process.append(company, 'toy.person', winner, forgotten);
      expect(await opened.bankDatabase.holders('email')).toEqual(new Map());
      await process.append(company, 'toy.person', '5', person('Åse', { email: EMAIL }));
    });

    it('G58 are known again after a lost database, but for those of the forgotten', async () => {
      const opened = await scene();
      const process = await people(opened);
      const [other = company] = companies.filter((each) => each !== company);
      await process.append(company, 'toy.person', '1', person('Åse', { email: EMAIL }));
      await process.append(other, 'toy.person', '1', person('Liv', { email: 'liv@example.no' }));
      await process.append(company, 'toy.person', '1', forgotten);
      await process.append(other, 'toy.person', '1', person('Liv', { email: 'liv@firma.no' }));
      await opened.published(process);
      const holders = await opened.bankDatabase.holders('email');
      expect([...holders.keys()]).toEqual(['liv@firma.no']);
      await opened.stop(process);
      const database = await opened.world.database();
      const again = await people(opened, {}, database);
      await opened.caughtUp(again);
      expect(await database.holders('email')).toEqual(holders);
    });
  });
}
