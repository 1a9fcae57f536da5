from lightning.pytorch import Callback
from lightning.pytorch.callbacks import LambdaCallback

from gan_cli.command.trainer import HOOKS_OF_A_STEP, pass_over_idle_hooks
from tests.toys import ToyGAN


class Looking(Callback):
    def on_before_backward(self, *_: object) -> None:
        """Something of a user's own."""


class LookingToo(Looking):
    """Inherits a hook."""


def test_only_hooks_at_which_something_is_done_are_left() -> None:
    callbacks = [Looking(), LookingToo(), LambdaCallback(on_train_batch_end=lambda *_: None), Callback()]
    model = ToyGAN()
    for _ in range(2):  # a second time changes nothing
        pass_over_idle_hooks(model, *callbacks)
        left = [{hook for hook in HOOKS_OF_A_STEP if callable(getattr(each, hook))} for each in callbacks]
        assert left == [{"on_before_backward"}, {"on_before_backward"}, {"on_train_batch_end"}, set()]
        of_model = {hook for hook in HOOKS_OF_A_STEP if callable(getattr(model, hook))}
        assert of_model == {"on_train_batch_end", "on_before_optimizer_step"}
