"""What the smart-me cloud posts by itself: received, kept, and turned into readings."""
