"""How tables are put under audit: by triggers that each app's own migrations set up."""
