import type { CompanyDetails } from '@samspill/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The read view of the companies' projection. */
@Entity({ schema: 'read', name: 'companies_v1', synchronize: false })
export class CompanyEntry {
  @PrimaryColumn('text') company!: string;
  @Column('text') name!: string;
  @Column('text', { name: 'organisation_number' }) organisationNumber!: string;
  @Column('text') country!: string;
  @Column('jsonb') address!: CompanyDetails['address'];
  @Column('text', { array: true }) synchronised!: string[];
  @Column('timestamptz', { name: 'registered_at' }) registeredAt!: Date;
  @Column('timestamptz', { name: 'changed_at' }) changedAt!: Date;
  @Column('text', { name: 'sort_name' }) sortName!: string;
  @Column('text', { name: 'number_key' }) numberKey!: string;
}
