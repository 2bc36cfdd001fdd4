"""What a definition must obey beyond its schema, one module per part."""
