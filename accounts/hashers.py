"""The hasher of client secrets: cheap, since these are long and random."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class ClientSecretHasher(PBKDF2PasswordHasher):
    """PBKDF2 with 1,000 rounds: ample for 64 random characters, and a token request stays quick."""

    algorithm = "client_secret"
    iterations = 1000
