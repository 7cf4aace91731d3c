import { REFUSE_OTHER_COMPANY } from './refuse-other-company.js';

/**
 * Words of a company's records that a mistyped word may mean, with how many of the rows looked at have them: words that
 * begin as it begins or hold its end, in rows that could match the whole query. `ways` is a list, for each word of the query, of the
 * pieces of which a row must hold one: `[[{"pattern": …, "grams": […]}, …], …]`; rows are found by the pieces' grams (index
 * `grams`), `max_rows` at most. `starts` and `ends` are patterns for the words themselves, null where a word has to stand as it is.
 *
 * The statement is put together from integers and quoted literals, since how many conditions there are varies.
 */
export const CREATE_NEAR_WORDS = String.raw`
  CREATE OR REPLACE FUNCTION read.directory_v1_near_words(
    in_company text, kinds text[], ways jsonb, starts text[], ends text[], max_rows integer, max_words integer)
  RETURNS TABLE (nth integer, word text, rows integer)
  LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET jit = off
  SET max_parallel_workers_per_gather = 0
  AS $$
  #variable_conflict use_column
  DECLARE
    by_grams text;
    by_text text;
  BEGIN${REFUSE_OTHER_COMPANY}
    SELECT string_agg('(' || g.condition || ')', ' AND '), string_agg('(' || t.condition || ')', ' AND ')
    INTO by_grams, by_text
    FROM jsonb_array_elements(ways) AS w (pieces),
      LATERAL (SELECT string_agg(format('d.grams @> %L::integer[]', translate(p.piece ->> 'grams', '[]', '{}')), ' OR ') AS condition
        FROM jsonb_array_elements(w.pieces) AS p (piece)) AS g,
      LATERAL (SELECT string_agg(format('d.search LIKE %L', p.piece ->> 'pattern'), ' OR ') AS condition
        FROM jsonb_array_elements(w.pieces) AS p (piece)) AS t;
    RETURN QUERY EXECUTE format(
      'WITH looked_at AS MATERIALIZED (
         SELECT d.search FROM read.directory_v1 d
         WHERE %s AND d.company IS NOT DISTINCT FROM $1 AND d.kind = ANY ($2) AND %s LIMIT $5),
       known AS MATERIALIZED (
         SELECT w.word, count(*)::integer AS rows
         FROM looked_at l, unnest(string_to_array(translate(l.search, ''.@-/&,()'', ''        ''), '' '')) AS w (word)
         WHERE w.word LIKE ANY ($3) OR w.word LIKE ANY ($4) GROUP BY w.word)
       SELECT q.nth::integer, k.word, k.rows
       FROM unnest($3, $4) WITH ORDINALITY AS q (start_pattern, end_pattern, nth),
         LATERAL (SELECT k.word, k.rows FROM known k
           WHERE k.word LIKE q.start_pattern OR k.word LIKE q.end_pattern ORDER BY k.rows DESC, k.word LIMIT $6) AS k',
      by_grams, by_text) USING in_company, kinds, starts, ends, max_rows, max_words;
  END
  $$`;
