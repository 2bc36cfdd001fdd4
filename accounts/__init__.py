"""Who: users, organisations, OAuth applications, scopes, consents, principals."""
