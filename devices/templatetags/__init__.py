"""What templates of devices say."""
