import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

import { SECURITY_SCHEME } from '../access/permission.js';

export const DOCS_PATH = '/api/docs';
export const OPENAPI_PATH = '/api/openapi.json';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** {@link Problem} as callers see it. */
const problemSchema = z
  .object({
    type: z.string().describe('`urn:samspill:problem:` and the code'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What is wrong and what to do, for a person'),
    instance: z.string(),
    code: z.string().describe('Stable, for programs'),
    faults: z
      .array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() }))
      .describe('Every fault by field: RFC 6901 pointer into the body, or /query/… or /path/…'),
    correlationId: z.string(),
  })
  .meta({ id: 'Problem' });

/** What the document says of itself. */
export interface OpenApiInfo {
  readonly title: string;
  readonly description: string;
  readonly version: string;
}

/** OpenAPI 3.0 of all controllers. Bodies, parameters and answers come from the zod schemas that check them. */
export function openApiDocument(app: INestApplication, info: OpenApiInfo): OpenAPIObject {
  const head = new DocumentBuilder()
    .setTitle(info.title)
    .setDescription(info.description)
    .setVersion(info.version)
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token of sign-in' },
      SECURITY_SCHEME,
    )
    .build();
  const document = SwaggerModule.createDocument(app, head, { standardSchemaConverter: convert });
  return withProblems(document);
}

/** Serves the document and its pages, from this process alone: nothing is fetched from elsewhere. */
export function serveOpenApi(app: INestApplication, document: OpenAPIObject): void {
  SwaggerModule.setup(DOCS_PATH, app, document, {
    jsonDocumentUrl: OPENAPI_PATH,
    raw: ['json'],
    customSiteTitle: document.info.title,
  });
}

/** Every operation may answer with a problem, whatever else it answers. */
function withProblems(document: OpenAPIObject): OpenAPIObject {
  const converted = convert(problemSchema, { schemaType: 'output' });
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  for (const path of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = path[method];
      if (operation) operation.responses['default'] = { description: 'A problem (RFC 9457)', content };
    }
  }
  const schemas = { ...document.components?.schemas, ...converted?.components };
  return { ...document, components: { ...document.components, schemas } };
}

type Components = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

type Converter = (schema: unknown, io: { schemaType: 'input' | 'output' }) => Converted | undefined;

interface Converted {
  readonly schema: object;
  readonly components: Components;
}

/** Schemas with `.meta({ id })` become components of that name. Our own marks become `x-` extensions, as OpenAPI wants it. */
const convert: Converter = (schema, { schemaType }) => {
  if (!(schema instanceof z.ZodType)) return undefined;
  const { definitions, ...rest } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: schemaType,
    override: ({ jsonSchema }) => {
      if (jsonSchema['personal'] === undefined) return;
      jsonSchema['x-personal'] = jsonSchema['personal'];
      delete jsonSchema['personal'];
    },
  });
  return { schema: rest, components: isComponents(definitions) ? definitions : {} };
};

/** zod types what it makes loosely; with the target above, definitions are schemas of OpenAPI. */
function isComponents(definitions: unknown): definitions is Components {
  return typeof definitions === 'object' && definitions !== null;
}
