"""The definition format of topology templates: pure code, without models, requests or I/O."""
