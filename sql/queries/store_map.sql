-- The map of people on the two principal components. {visible} is of store_reads.sql.

-- name: density
-- People by cell of a grid over everyone in view; the last column and row hold their edges. On an
-- axis without variance there is no cell.
WITH shown AS MATERIALIZED (
    SELECT f.pca_x, f.pca_y FROM user_feature_vector f WHERE {visible}
), edges AS (
    SELECT min(pca_x) AS x_low, max(pca_x) AS x_high, min(pca_y) AS y_low, max(pca_y) AS y_high
    FROM shown
), cells AS (
    SELECT CASE WHEN x_high > x_low
                THEN least(floor(:columns * (pca_x - x_low) / (x_high - x_low))::int, :columns - 1)
           END AS x_cell,
           CASE WHEN y_high > y_low
                THEN least(floor(:rows * (pca_y - y_low) / (y_high - y_low))::int, :rows - 1)
           END AS y_cell,
           count(*) AS people
    FROM shown CROSS JOIN edges
    GROUP BY 1, 2
)
SELECT * FROM cells CROSS JOIN edges;

-- name: within
-- The most severe first, with how many there are in all.
SELECT f.user_id_raiz::text AS user_id_raiz, p.pseudonym, f.cluster_label, f.severity_index,
       f.is_sufficient, f.stopped_showing, f.evidence, f.kmeans_cluster, f.verdict_as_of,
       count(*) OVER () AS found
FROM user_feature_vector f JOIN person p USING (user_id_raiz)
WHERE f.pca_x BETWEEN :left AND :right AND f.pca_y BETWEEN :bottom AND :top AND {visible}
ORDER BY f.severity_index DESC, p.pseudonym
LIMIT :limit;
