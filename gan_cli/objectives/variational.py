"""Terms of variational autoencoders: Kingma and Welling 2013, "Auto-Encoding Variational Bayes", arXiv:1312.6114."""

from torch import Tensor

from gan_cli.objectives.adversarial import precise


@precise
def divergence_from_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The Kullback-Leibler divergence of independent normal distributions from N(0, 1), summed over the dimensions.

    Kingma and Welling 2013, appendix B, with its sign turned.

    Args:
        mean: [N, Z].
        log_variance: The logarithms of their variances, [N, Z].

    Returns:
        [N], each at least 0; 0 where the distribution is N(0, 1).
    """
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
