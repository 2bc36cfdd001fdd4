"""How tables keep every version of their rows: by triggers that migrations set up."""
