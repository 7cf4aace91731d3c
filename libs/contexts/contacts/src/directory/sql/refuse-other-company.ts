/**
 * For functions that act by their owner's rights, past row-level security: whoever reads as one company's reader is refused another's.
 * A build from before there were readers calls the same functions while an update goes on, by the owner's role.
 */
export const REFUSE_OTHER_COMPANY = String.raw`
    IF current_setting('role') LIKE 'samspill\_reader\_%' AND in_company IS DISTINCT FROM current_setting('samspill.company', true) THEN
      RAISE insufficient_privilege USING MESSAGE = 'the reader is of another company';
    END IF;`;
