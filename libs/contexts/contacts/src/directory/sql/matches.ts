import { REFUSE_OTHER_COMPANY } from './refuse-other-company.js';

/**
 * Which records of a company match, in order, from a position on.
 *
 * `tier` 0: the number is what was typed (primary key; with `name_start` null only this is looked for); 1: the name begins with
 * it; 2: the rest; each by name. Within a range of
 * names the company's names are first walked in order (index `sorted`), `walk` rows at most: what is common is found there after
 * a few rows, and whole small companies. What is too rare for that is found by its grams (index `grams`) and sorted. So
 * neither is ever read far: common words have long posting lists, rare ones a long way between rows.
 *
 * One function that takes the company, by its owner's rights, because under row-level security LIKE is not leakproof and would
 * keep Postgres from using either index well. plpgsql looks the view up by name when it runs, so that a new generation, which
 * replaces the view, needs nothing here. `company IS NOT DISTINCT FROM` keeps the planner from reading all of a company; the
 * grams hold the company already.
 */
export const CREATE_MATCHES = String.raw`
  CREATE OR REPLACE FUNCTION read.directory_v1_matches(
    in_company text, kinds text[], numbers text[], typed text[], other text[], typed_grams integer[], other_grams integer[],
    name_start text, after_tier integer, after_name text, after_kind text, after_number text, wanted integer, walk integer)
  RETURNS TABLE (tier integer, sort_name text, kind text, number text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 25
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
  SET max_parallel_workers_per_gather = 0
  AS $$
  #variable_conflict use_column
  DECLARE
    beyond CONSTANT text := U&'\+10FFFF';
    start_end CONSTANT text := name_start || beyond;
    tiers CONSTANT integer[] := CASE WHEN name_start = '' THEN '{2}' ELSE '{1,2,2}' END;
    froms CONSTANT text[] := CASE WHEN name_start = '' THEN ARRAY[''] ELSE ARRAY[name_start, '', start_end] END;
    tos CONSTANT text[] := CASE WHEN name_start = '' THEN ARRAY[beyond] ELSE ARRAY[start_end, name_start, beyond] END;
    left_to_find integer := wanted;
    n integer;
    at_name text; at_kind text; at_number text;
    is_walked boolean;
    hit record;
  BEGIN${REFUSE_OTHER_COMPANY}
    IF after_tier = 0 THEN
      RETURN QUERY
        WITH numbered AS MATERIALIZED (
          SELECT d.sort_name, d.kind, d.number FROM read.directory_v1 d
          WHERE d.company = in_company AND d.kind = ANY (kinds) AND d.number = ANY (numbers))
        SELECT 0, f.sort_name, f.kind, f.number FROM numbered f
        WHERE (f.sort_name, f.kind, f.number) > (after_name, after_kind, after_number)
        ORDER BY 2, 3, 4 LIMIT left_to_find;
      GET DIAGNOSTICS n = ROW_COUNT;
      left_to_find := wanted - n;
    END IF;

    IF name_start IS NULL THEN RETURN; END IF;
    FOR range IN 1 .. cardinality(tiers) LOOP
      CONTINUE WHEN tiers[range] < after_tier OR (tiers[range] = after_tier AND tos[range] <= after_name COLLATE "C");
      EXIT WHEN left_to_find <= 0;
      IF tiers[range] = after_tier AND after_name COLLATE "C" >= froms[range] THEN
        at_name := after_name; at_kind := after_kind; at_number := after_number;
      ELSE
        at_name := froms[range]; at_kind := ''; at_number := '';
      END IF;

      is_walked := false;
      FOR hit IN
        SELECT w.* FROM (
          SELECT d.sort_name, d.kind, d.number, row_number() OVER (ORDER BY d.sort_name, d.kind, d.number) AS nth,
            ((d.search LIKE ALL (typed) OR d.search LIKE ALL (other))
              AND d.kind = ANY (kinds) AND d.number <> ALL (numbers)) IS TRUE AS is_match
          FROM read.directory_v1 d
          WHERE d.company = in_company AND d.sort_name < tos[range]
            AND (d.sort_name, d.kind, d.number) > (at_name, at_kind, at_number)
          ORDER BY d.sort_name, d.kind, d.number LIMIT walk) w
        WHERE w.is_match OR w.nth = walk
        LIMIT left_to_find
      LOOP
        IF hit.is_match THEN
          tier := tiers[range]; sort_name := hit.sort_name; kind := hit.kind; number := hit.number;
          RETURN NEXT;
          left_to_find := left_to_find - 1;
        END IF;
        IF hit.nth = walk THEN
          is_walked := true;
          at_name := hit.sort_name; at_kind := hit.kind; at_number := hit.number;
        END IF;
      END LOOP;
      EXIT WHEN left_to_find <= 0;
      CONTINUE WHEN NOT is_walked;

      -- The grams find the rest of all ranges of this tier at once.
      RETURN QUERY
        WITH found AS MATERIALIZED (
          SELECT d.sort_name, d.kind, d.number FROM read.directory_v1 d
          WHERE (d.grams @> typed_grams OR d.grams @> other_grams) AND d.company IS NOT DISTINCT FROM in_company
            AND (d.search LIKE ALL (typed) OR d.search LIKE ALL (other))
            AND d.kind = ANY (kinds) AND d.number <> ALL (numbers))
        SELECT tiers[range], f.sort_name, f.kind, f.number FROM found f
        WHERE (f.sort_name, f.kind, f.number) > (at_name, at_kind, at_number)
          AND CASE WHEN tiers[range] = 1 THEN f.sort_name < start_end
            ELSE name_start = '' OR f.sort_name < name_start OR f.sort_name >= start_end END
        ORDER BY 2, 3, 4 LIMIT left_to_find;
      EXIT WHEN tiers[range] = 2;
      GET DIAGNOSTICS n = ROW_COUNT;
      left_to_find := left_to_find - n;
    END LOOP;
  END
  $$`;
