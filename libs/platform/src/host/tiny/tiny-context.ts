import { setTimeout as delay } from 'node:timers/promises';

import { Body, Controller, Get, HttpCode, Inject, Module, Param, Post, Put } from '@nestjs/common';
import { defineEvent } from '@samspill/contracts';
import { defineProjection, streamName, viewName, type DomainEvent, type Row } from '@samspill/kernel';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { z } from 'zod';

import type { ContextDefinition, ContextDependencies } from '../../context/context-definition.js';
import { HttpProblem } from '../../http/http-problem.js';
import { commandContext } from '../../http/request-context.js';
import { keepsNoPersons } from '../../persons/keeps-no-persons.js';

/** The smallest context that does everything a context does, for tests of the host. */

const KEY = 'all-notes';
/** How long a slow request takes: longer than it takes a test to ask the process to stop. */
const SLOW_MS = 1_500;

const noteForm = z.strictObject({ text: z.string().min(1) });
type Note = z.output<typeof noteForm>;
type NoteWritten = DomainEvent<string, Note>;

/** Builds of the context that follow each other as releases do: the second shows more of a note, and has a table more. */
export type TinyRelease = 1 | 2;

class CreateRemarks1763000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE remark (id uuid PRIMARY KEY, text text NOT NULL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE remark');
  }
}

export function tinyContext(name: string, topic: string, release: TinyRelease = 1): ContextDefinition {
  const written = defineEvent({ type: `${name}.note.written`, version: 1, schema: noteForm });
  const notes = defineProjection<Row, NoteWritten>({
    name: `${name}.note`,
    version: release,
    fold: 'state',
    topics: [topic],
    reads: [written.type],
    table: {
      columns: { stream: 'text', text: 'text', ...(release === 2 && { length: 'integer' as const }) },
      key: ['stream'],
      indexes: [],
    },
    key: (event) => ({ stream: event.meta.stream }),
    project: (_row, event) => ({
      stream: event.meta.stream,
      text: event.data.text,
      ...(release === 2 && { length: event.data.text.length }),
    }),
  });
  return {
    manifest: { name, source: name, topic, events: [written], projections: [notes], reservations: [] },
    migrations: release === 2 ? [CreateRemarks1763000000000] : [],
    persons: () => keepsNoPersons(name, [{ what: 'Notes', note: 'Nobody is named in them.' }]),
    module: (dependencies) => {
      @Controller(`api/${name}/v1`)
      class TinyController {
        constructor(@Inject('dependencies') private readonly context: ContextDependencies) {}

        @Put('notes/:id')
        @HttpCode(204)
        async write(@Param('id') id: string, @Body({ schema: noteForm }) note: Note): Promise<void> {
          const target = { stream: streamName(`${name}.note`, id), key: KEY };
          await this.context.eventLog.transact(commandContext(), async (unit) => {
            const head = (await unit.heads([target.stream])).get(target.stream);
            unit.append(target, head?.version ?? 0, [{ type: written.type, data: note }]);
          });
        }

        @Get('notes/:id')
        async read(@Param('id') id: string): Promise<Note> {
          const shown = release === 2 ? 'text, length' : 'text';
          const rows = await this.context.dataSource.query<Note[]>(
            `SELECT ${shown} FROM read.${viewName(notes)} WHERE stream = $1`,
            [streamName(`${name}.note`, id)],
          );
          if (rows[0] === undefined) throw new HttpProblem(404, 'note.not-found', `There is no note ${id}.`);
          return rows[0];
        }

        @Get('slow')
        async slow(): Promise<{ readonly done: true }> {
          this.context.logger.info('slow request begun');
          await delay(SLOW_MS);
          return { done: true };
        }

        @Get('never')
        async never(): Promise<void> {
          this.context.logger.info('endless request begun');
          await new Promise(() => undefined);
        }

        @Post('crash')
        @HttpCode(202)
        crash(): void {
          setImmediate(() => {
            throw new Error('nobody catches this');
          });
        }
      }

      @Module({})
      class TinyModule {}
      return {
        module: TinyModule,
        controllers: [TinyController],
        providers: [{ provide: 'dependencies', useValue: dependencies }],
      };
    },
  };
}
