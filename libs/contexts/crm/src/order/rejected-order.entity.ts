import type { Fault } from '@samspill/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The read view of rejected orders. */
@Entity({ schema: 'read', name: 'rejected_orders_v1', synchronize: false })
export class RejectedOrder {
  @PrimaryColumn('text') company!: string;
  @PrimaryColumn('text') reference!: string;
  @Column('text', { nullable: true }) number!: string | null;
  @Column('jsonb') faults!: Fault[];
  @Column('jsonb') change!: Record<string, unknown>;
  @Column('text', { name: 'source_id' }) sourceId!: string;
  @Column('integer', { name: 'source_line' }) sourceLine!: number;
  @Column('timestamptz', { name: 'rejected_at' }) rejectedAt!: Date;
}
