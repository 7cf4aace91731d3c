import { z } from 'zod';

/** What a company can take into use: it is licensed, added to the company, and set up by itself. */
export const companyProduct = z.enum(['contacts', 'webfaktura']);
export type CompanyProduct = z.infer<typeof companyProduct>;

/** What a role of a company can be about: its administration (users, roles, set-up), or a product. */
export const accessProduct = z.enum(['administration', 'contacts', 'webfaktura', 'byra', 'severa', 'crm']);
export type AccessProduct = z.infer<typeof accessProduct>;

/** What a role that belongs to no company is about: the looking after all services. */
export const platformProduct = z.enum(['operations']);
export type PlatformProduct = z.infer<typeof platformProduct>;

/** Two levels a product (W33); an administrator may do all that a user may. */
export const accessLevel = z.enum(['user', 'admin']);
export type AccessLevel = z.infer<typeof accessLevel>;
