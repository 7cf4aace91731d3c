import type { ResyncCounts, ResyncScope } from '@samspill/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ResyncRow } from './resync.projection.js';

/** The read view of the projection of resyncs. */
@Entity({ schema: 'read', name: 'resyncs_v1', synchronize: false })
export class ResyncEntry {
  @PrimaryColumn('text') company!: string;
  @PrimaryColumn('text') id!: string;
  @Column('text') state!: ResyncRow['state'];
  @Column('text', { name: 'file_name', nullable: true }) fileName!: string | null;
  @Column('jsonb') scopes!: ResyncScope[];
  @Column('text') removes!: ResyncRow['removes'];
  @Column('text', { nullable: true }) amends!: string | null;
  @Column('timestamptz', { name: 'started_at' }) startedAt!: Date;
  @Column('text', { name: 'started_by' }) startedBy!: string;
  @Column('timestamptz', { name: 'received_at', nullable: true }) receivedAt!: Date | null;
  @Column('integer', { nullable: true }) rows!: number | null;
  @Column('integer', { nullable: true }) rejected!: number | null;
  @Column('jsonb', { nullable: true }) preview!: ResyncCounts[] | null;
  @Column('integer', { name: 'held_of', nullable: true }) heldOf!: number | null;
  @Column('timestamptz', { name: 'confirmed_at', nullable: true }) confirmedAt!: Date | null;
  @Column('text', { name: 'confirmed_by', nullable: true }) confirmedBy!: string | null;
  @Column('timestamptz', { name: 'ended_at', nullable: true }) endedAt!: Date | null;
  @Column('jsonb', { nullable: true }) outcome!: ResyncCounts[] | null;
  @Column('text', { nullable: true }) reason!: string | null;
}
