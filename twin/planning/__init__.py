"""What a plan says: a pure three-way merge of buildings, without models, requests or I/O."""
