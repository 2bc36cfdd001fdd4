"""How readings become series of buckets: their borders, the SQL that sums up, what is read."""
