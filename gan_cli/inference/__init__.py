"""From a checkpoint to pictures: loading, latents, and the verbs that make things from them."""
