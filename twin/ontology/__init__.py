"""Counterparts in Brick and RealEstateCore, on the way out and on the way in; no database."""
