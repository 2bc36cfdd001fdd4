"""A local stand-in for the smart-me cloud: a real HTTP server with meters that move on.

It is written from the vendor's documentation and shares no code with our client and mapping,
so that a mistake in one cannot hide in the other. Source: docs/integrations/smart-me.md.
"""
