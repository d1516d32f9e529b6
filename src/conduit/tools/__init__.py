"""What the model can do: one tool, one function, with the text that the model reads beside it."""
