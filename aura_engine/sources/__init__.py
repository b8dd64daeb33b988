"""Read the three source databases: identity, aggregates and texts. Nothing is ever written."""

from aura_engine.sources.activity import ACTIVITY_COLUMNS, Extraction
from aura_engine.sources.connections import Source, Sources, SourceUrls, connect_sources
from aura_engine.sources.extract import extract_activity
from aura_engine.sources.identity import IdentityMap, TableTally, UnresolvedReport
from aura_engine.sources.memberships import MEMBERSHIP_COLUMNS
from aura_engine.sources.names import NameSources, NameUrls, connect_names
from aura_engine.sources.texts import (
    TextSource,
    count_texts,
    read_edited_texts,
    read_texts,
    text_digest,
    text_ids,
    texts_by_id,
    texts_of,
)

__all__ = [
    "ACTIVITY_COLUMNS",
    "MEMBERSHIP_COLUMNS",
    "Extraction",
    "IdentityMap",
    "NameSources",
    "NameUrls",
    "Source",
    "SourceUrls",
    "Sources",
    "TableTally",
    "TextSource",
    "UnresolvedReport",
    "connect_names",
    "connect_sources",
    "count_texts",
    "extract_activity",
    "read_edited_texts",
    "read_texts",
    "text_digest",
    "text_ids",
    "texts_by_id",
    "texts_of",
]
