import type { LinkSettings } from '@samspill/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The read view of the links' projection. */
@Entity({ schema: 'read', name: 'link_v1', synchronize: false })
export class LinkEntry {
  @PrimaryColumn('text') company!: string;
  @Column('boolean', { name: 'is_on' }) isOn!: boolean;
  @Column('timestamptz', { name: 'switched_at', nullable: true }) switchedAt!: Date | null;
  @Column('text', { name: 'switched_by', nullable: true }) switchedBy!: string | null;
  @Column('jsonb') settings!: LinkSettings;
  @Column('text', { nullable: true }) diagnosis!: string | null;
  @Column('timestamptz', { name: 'diagnosed_at', nullable: true }) diagnosedAt!: Date | null;
  @Column('timestamptz', { nullable: true }) watermark!: Date | null;
  @Column('text', { name: 'watermark_by', nullable: true }) watermarkBy!: string | null;
  @Column('timestamptz', { name: 'watermark_moved_at', nullable: true }) watermarkMovedAt!: Date | null;
  @Column('text', { name: 'watermark_reason', nullable: true }) watermarkReason!: string | null;
}
