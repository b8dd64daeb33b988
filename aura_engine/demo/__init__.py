"""A synthetic population in the sources' real schemas, with planted risk."""
