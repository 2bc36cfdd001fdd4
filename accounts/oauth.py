"""What Atrium decides inside django-oauth-toolkit."""

from oauth2_provider.oauth2_validators import OAuth2Validator


class AtriumOAuth2Validator(OAuth2Validator):
    """The toolkit's validator with Atrium's rules."""
