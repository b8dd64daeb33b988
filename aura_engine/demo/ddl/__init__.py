"""DDL of the three source databases."""

from aura_engine.demo.ddl.schema import create_schema, schema_script

__all__ = ["create_schema", "schema_script"]
