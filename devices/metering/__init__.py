"""What metering points come to: feeds, borders between meters, consumption and its proof."""
