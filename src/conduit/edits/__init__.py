"""Changing text safely: values for changes, finding the place, collecting and applying."""
