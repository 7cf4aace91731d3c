import { testPostgresUrl } from '@samspill/testing';
import { describeKills } from './kills.js';
import { PostgresWorld } from './postgres-world.js';
import { describeConformance } from './suite.js';

describeConformance('Postgres', () => PostgresWorld.create(testPostgresUrl()));

describeKills('Postgres', () => PostgresWorld.create(testPostgresUrl()), {
  seeds: [1],
  kills: 15, // more are in chaos.int-spec.ts
});
