"""Plain torch modules: tensors in, tensors out."""
