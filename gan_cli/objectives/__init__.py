"""Pure functions: tensors in, a scalar (or changed images) out."""
