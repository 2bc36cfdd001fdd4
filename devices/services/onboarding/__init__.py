"""Onboarding: whole portfolios from one file.

``columns`` says what a file may hold, ``files`` reads and offers files, ``sheet`` puts their rows
in order, ``references`` finds what rows name, ``making`` makes the things, ``running`` does so for
a whole import, without effect first; ``reports`` tells of them as CSV.
"""
