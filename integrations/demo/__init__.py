"""The demonstration: one building, its meters, and a first look at what Atrium made of them."""
