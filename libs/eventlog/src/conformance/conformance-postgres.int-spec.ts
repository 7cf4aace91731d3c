import { testPostgresUrl } from '@samspill/testing';
import { PostgresWorld } from './postgres-world.js';
import { describeConformance } from './suite.js';

describeConformance('Postgres', () => PostgresWorld.create(testPostgresUrl()));
