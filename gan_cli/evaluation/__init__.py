"""Whether a model is any good: scores with the protocol they belong to, of models, of folders and of data sets."""
