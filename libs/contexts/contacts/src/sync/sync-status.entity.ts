import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The read view of the sync status's projection. */
@Entity({ schema: 'read', name: 'sync_status_v1', synchronize: false })
export class SyncStatusEntry {
  @PrimaryColumn('text') company!: string;
  @Column('boolean') enabled!: boolean;
  @Column('timestamptz', { name: 'last_batch_at', nullable: true }) lastBatchAt!: Date | null;
  @Column('timestamptz', { name: 'last_resync_at', nullable: true }) lastResyncAt!: Date | null;
  @Column('text', { nullable: true }) resync!: string | null;
  @Column('text', { name: 'resync_state', nullable: true }) resyncState!: string | null;
  @Column('timestamptz', { name: 'resync_since', nullable: true }) resyncSince!: Date | null;
  @Column('text', { name: 'held_because', nullable: true }) heldBecause!: string | null;
}
