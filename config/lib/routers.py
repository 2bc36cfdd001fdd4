"""The one grammar of URLs: plural kebab-case nouns, a trailing slash, ids that are UUIDs."""

from rest_framework.routers import SimpleRouter


class ApiRouter(SimpleRouter):
    """Routes of an app's viewsets; a malformed id is no route and answers 404."""

    def __init__(self) -> None:
        super().__init__(use_regex_path=False)
