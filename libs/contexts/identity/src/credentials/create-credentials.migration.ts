import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What users prove with who they are. None of it is ever on the log, so it is not restored from there: whoever loses these tables sets a
 * new password by mail. `docs/security.md` says how each column is protected.
 */
export class CreateCredentials1766100000000 implements MigrationInterface {
  name = 'CreateCredentials1766100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS identity');
    await runner.query(`
      CREATE TABLE identity.password (
        user_id uuid PRIMARY KEY,
        hash text NOT NULL,
        set_at timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE identity.totp (
        user_id uuid PRIMARY KEY,
        secret bytea NOT NULL,
        confirmed_at timestamptz,
        last_step bigint NOT NULL DEFAULT 0
      )`);
    await runner.query(`
      CREATE TABLE identity.recovery_code (
        user_id uuid NOT NULL,
        hash bytea NOT NULL,
        PRIMARY KEY (user_id, hash)
      )`);
    await runner.query(`
      CREATE TABLE identity.passkey (
        id text PRIMARY KEY,
        user_id uuid NOT NULL,
        public_key bytea NOT NULL,
        counter bigint NOT NULL,
        transports text[] NOT NULL,
        name text NOT NULL,
        made_at timestamptz NOT NULL,
        used_at timestamptz
      )`);
    await runner.query('CREATE INDEX passkey_user ON identity.passkey (user_id)');
    await runner.query(`
      CREATE TABLE identity.attempt (
        scope text NOT NULL,
        subject bytea NOT NULL,
        failures integer NOT NULL,
        last_at timestamptz NOT NULL,
        blocked_until timestamptz,
        PRIMARY KEY (scope, subject)
      )`);
    await runner.query('CREATE INDEX attempt_last ON identity.attempt (last_at)');
    await runner.query(`
      CREATE TABLE identity.secret (
        name text NOT NULL,
        id text NOT NULL,
        value bytea NOT NULL,
        master text,
        made_at timestamptz NOT NULL,
        PRIMARY KEY (name, id)
      )`);
    await runner.query(`
      CREATE TABLE identity.oidc (
        model text NOT NULL,
        id text NOT NULL,
        payload jsonb NOT NULL,
        account uuid,
        grant_id text,
        uid text,
        user_code text,
        consumed_at timestamptz,
        expires_at timestamptz,
        PRIMARY KEY (model, id)
      )`);
    await runner.query('CREATE INDEX oidc_account ON identity.oidc (account) WHERE account IS NOT NULL');
    await runner.query('CREATE INDEX oidc_grant ON identity.oidc (grant_id) WHERE grant_id IS NOT NULL');
    await runner.query('CREATE INDEX oidc_uid ON identity.oidc (uid) WHERE uid IS NOT NULL');
    await runner.query(
      'CREATE INDEX oidc_user_code ON identity.oidc (user_code) WHERE user_code IS NOT NULL',
    );
    await runner.query('CREATE INDEX oidc_expires ON identity.oidc (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['oidc', 'secret', 'attempt', 'passkey', 'recovery_code', 'totp', 'password'])
      await runner.query(`DROP TABLE identity.${table}`);
  }
}
