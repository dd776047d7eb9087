"""Writes what readers see of the schema: sql/schema.sql and the drawings in docs/architecture.md (``make schema``)."""
