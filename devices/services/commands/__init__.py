"""Commands: asked for, approved, sent, told of, ended, one by one and in batches."""
