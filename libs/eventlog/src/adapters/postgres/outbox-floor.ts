import type { Database } from './database.js';

/** How often the floor is looked at; each look is two tiny queries. */
const REFRESH_MS = 1_000;

/**
 * The position below which no outbox row can be any more, so that polling never walks over the index entries of rows long gone.
 *
 * Positions come from a sequence before their transaction commits, so «the highest seen» would lose rows that commit late. The
 * floor therefore rises only to a position `S` read from the sequence before a transaction id `X` was drawn, and only once every
 * transaction below `X` has ended: each position up to `S` was drawn by one of them (an append takes its transaction id before it
 * draws a position), so all rows up to `S` are visible, and the lowest of them that is left bounds the floor. A snapshot's `xmax`
 * would not do for `X`: it lies behind the last transaction that has ended, and those still running may have higher ids.
 */
export class OutboxFloor {
  #floor = 0n;
  #refreshAtMs = 0;
  #candidate: { readonly position: bigint; readonly xid: bigint } | undefined;
  /** Goes up with each reset: a look that began before must not raise the floor after it. */
  #epoch = 0;

  constructor(
    private readonly database: Database,
    private readonly shards: number,
    private readonly refreshMs = REFRESH_MS,
  ) {}

  async current(): Promise<string> {
    const nowMs = Date.now();
    if (nowMs >= this.#refreshAtMs) {
      this.#refreshAtMs = nowMs + this.refreshMs;
      await this.#refresh();
    }
    return this.#floor.toString();
  }

  /** Starts again from the bottom: rows may have been put back. */
  reset(): void {
    this.#floor = 0n;
    this.#candidate = undefined;
    this.#epoch += 1;
  }

  async #refresh(): Promise<void> {
    const epoch = this.#epoch;
    await this.database.withClient(async (client) => {
      const snapshot = await client.query<{ xmin: string; lowest: string | null }>(
        `SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin, min(lowest.position) AS lowest
         FROM generate_series(0, $2::int) AS s (shard)
         LEFT JOIN LATERAL (SELECT position FROM eventlog.outbox WHERE shard = s.shard AND position > $1 ORDER BY position LIMIT 1)
           AS lowest ON true`,
        [this.#floor.toString(), this.shards - 1],
      );
      if (epoch !== this.#epoch) return;
      const { xmin = '0', lowest = null } = snapshot.rows[0] ?? {};
      if (this.#candidate && BigInt(xmin) >= this.#candidate.xid) {
        const belowLowest = lowest === null ? this.#candidate.position : BigInt(lowest) - 1n;
        const next = belowLowest < this.#candidate.position ? belowLowest : this.#candidate.position;
        if (next > this.#floor) this.#floor = next;
        this.#candidate = undefined;
      }
      if (this.#candidate) return;
      const sequence = await client.query<{ position: string }>(
        `SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS position FROM eventlog.event_position_seq`,
      );
      const position = BigInt(sequence.rows[0]?.position ?? '0');
      if (position <= this.#floor) return; // nothing to win, and an idle service uses up no transaction ids
      const drawn = await client.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid');
      if (epoch !== this.#epoch) return;
      this.#candidate = { position, xid: BigInt(drawn.rows[0]?.xid ?? '0') };
    });
  }
}
