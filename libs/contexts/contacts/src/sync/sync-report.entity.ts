import type { Fault } from '@samspill/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The read view of the sync report's projection. */
@Entity({ schema: 'read', name: 'sync_report_v1', synchronize: false })
export class SyncReportEntry {
  @PrimaryColumn('text') company!: string;
  @PrimaryColumn('text') kind!: string;
  @PrimaryColumn('text') reference!: string;
  @Column('text', { nullable: true }) number!: string | null;
  @Column('jsonb') faults!: Fault[];
  @Column('jsonb') change!: Record<string, unknown>;
  @Column('text', { name: 'source_kind' }) sourceKind!: string;
  @Column('text', { name: 'source_id' }) sourceId!: string;
  @Column('integer', { name: 'source_line' }) sourceLine!: number;
  @Column('timestamptz', { name: 'rejected_at' }) rejectedAt!: Date;
}
