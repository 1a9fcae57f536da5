"""The pieces of a descent: who is frozen meanwhile, what Lightning counts, how long a gradient may be."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from lightning.pytorch import Trainer
from lightning.pytorch.core.optimizer import LightningOptimizer, do_nothing_closure
from torch import Tensor
from torch.nn.utils import clip_grad_norm_, get_total_norm
from torch.optim import Optimizer

if TYPE_CHECKING:
    from gan_cli.variants.base import AdversarialModule


@contextmanager
def frozen(weights: Iterable[Tensor]) -> Iterator[None]:
    """Within the block, these weights get no gradients, which makes the passes of others cheaper."""
    resting = [tensor for tensor in weights if tensor.requires_grad]
    for tensor in resting:
        tensor.requires_grad = False
    try:
        yield
    finally:
        for tensor in resting:
            tensor.requires_grad = True


@contextmanager
def counted_once(optimizers: Sequence[LightningOptimizer]) -> Iterator[None]:
    """Within the block, Lightning counts one step, whoever steps and however often.

    Lightning counts every optimizer step, so with two players `max_steps` would count a batch twice. At each
    batch, the loop gives these private hooks to all optimizers; here they are called once, and by none of them.
    """
    before, after = optimizers[0]._on_before_step, optimizers[0]._on_after_step
    for optimizer in optimizers:
        optimizer._on_before_step = optimizer._on_after_step = do_nothing_closure
    before()
    yield
    after()


def unsynchronised(trainer: Trainer) -> AbstractContextManager[Any]:
    """Within the block, processes keep their gradients to themselves."""
    no_sync: Callable[[], AbstractContextManager[Any]] = getattr(trainer.model, "no_sync", nullcontext)
    return no_sync()


def clipped(optimizer: Optimizer, limit: float) -> Tensor:
    """The norm of an optimizer's gradient before it is cut back to the limit; a limit of 0 cuts nothing."""
    weights = [weights for weights in weights_of(optimizer) if weights.grad is not None]
    if limit:
        return clip_grad_norm_(weights, limit)
    return get_total_norm([weight.grad for weight in weights if weight.grad is not None])


def weights_of(*optimizers: Optimizer | LightningOptimizer) -> list[Tensor]:
    """All that optimizers move."""
    return [weights for optimizer in optimizers for group in optimizer.param_groups for weights in group["params"]]


def optimizers_of(model: "AdversarialModule") -> dict[str, LightningOptimizer]:
    """The optimizer of each player, as Lightning wraps it."""
    wrapped: Any = model.optimizers()  # a single one is not in a list
    return dict(zip(model.players, wrapped if isinstance(wrapped, list) else [wrapped], strict=True))


def bare_optimizers(model: "AdversarialModule") -> list[Optimizer]:
    """The optimizers that Lightning wraps, in the order of the players."""
    return [wrapped.optimizer for wrapped in optimizers_of(model).values()]
