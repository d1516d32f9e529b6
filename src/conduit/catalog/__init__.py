"""What models and vendors exist, as data with sources."""
