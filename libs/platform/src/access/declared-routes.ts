import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { PlatformError } from '@samspill/kernel';

import { PERMISSIONS } from './permission.js';

/**
 * Deny by default: that somebody forgot to say who may use a route shows at the start, and not when nobody can use it, or everybody.
 * @throws PlatformError `access.undeclared` that names every such route
 */
export function requireDeclaredRoutes(discovery: DiscoveryService): void {
  const scanner = new MetadataScanner();
  const reflector = new Reflector();
  const undeclared = discovery.getControllers().flatMap(({ instance, metatype, name }) => {
    if (typeof metatype !== 'function') return [];
    const prototype: unknown = Object.getPrototypeOf(instance);
    if (typeof prototype !== 'object' || prototype === null) return [];
    return scanner.getAllMethodNames(prototype).flatMap((method) => {
      const handler: unknown = Reflect.get(prototype, method);
      if (typeof handler !== 'function' || Reflect.getMetadata(METHOD_METADATA, handler) === undefined)
        return [];
      const permissions: unknown = reflector.getAllAndOverride(PERMISSIONS, [handler, metatype]);
      if (permissions !== undefined) return [];
      return [`${name}.${method} (${String(Reflect.getMetadata(PATH_METADATA, metatype))})`];
    });
  });
  if (undeclared.length === 0) return;
  throw new PlatformError(
    'access.undeclared',
    `These routes do not say who may use them; declare it with @Permissions: ${undeclared.join(', ')}.`,
    false,
  );
}
