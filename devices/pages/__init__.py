"""Pages for people: the catalogue, for everybody, and devices in use, for who may see them."""
