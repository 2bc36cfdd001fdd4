"""The proof of the smart-me integration; ``python -m tests.proofs.smartme`` runs it."""
