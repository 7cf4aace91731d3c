import { BECOME_READER } from '@samspill/eventlog';
import type { DataSource, EntityManager } from 'typeorm';

/**
 * Reads entities of one company, whatever `read` asks for: in a transaction whose role sees no other company's rows, and changes none.
 * For statements of one's own there is `CompanyReader`, which takes one round trip.
 */
export async function readEntities<T>(
  dataSource: DataSource,
  company: string,
  read: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  // TypeORM's word for where is only read; the same as for all else where there is no login apart.
  const runner = dataSource.createQueryRunner('slave');
  try {
    return await runner.manager.transaction(async (manager) => {
      await manager.query(BECOME_READER, [company]);
      return await read(manager);
    });
  } finally {
    await runner.release();
  }
}
