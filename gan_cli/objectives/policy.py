"""The gradient of what words earn, where no gradient passes through a choice of words."""

from torch import Tensor

from gan_cli.objectives.adversarial import precise


@precise
def policy_gradient_loss(log_probabilities: Tensor, advantages: Tensor) -> Tensor:
    """What falls as words that earn more than expected become more likely; its gradient is that of the mean reward.

    Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement learning"; Dai et
    al. 2017, arXiv:1703.06029, equation 7 with its sign turned.

    Args:
        log_probabilities: Of the words that were drawn, [N, L]; 0 behind a sentence's end.
        advantages: What each word is expected to earn, less what does not depend on it, [N, L]; no gradient flows back
            into them.

    Returns:
        Scalar: summed over a sentence, averaged over sentences. Its own value means nothing.
    """
    return -(advantages.detach() * log_probabilities).sum(1).mean()
