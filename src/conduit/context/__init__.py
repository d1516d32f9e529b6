"""What the model sees, stable before volatile."""
