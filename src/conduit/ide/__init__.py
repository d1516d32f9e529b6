"""Editor features without an editor protocol."""
