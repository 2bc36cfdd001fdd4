"""Leaf code that every app may use: the house rules of the API and the platform's plumbing."""
