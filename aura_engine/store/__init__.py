"""The analytics database: tables, named queries, bulk load, runs, events, cases, access."""
