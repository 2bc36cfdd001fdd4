"""Where: topology templates, sites, spaces, views and relationships."""
