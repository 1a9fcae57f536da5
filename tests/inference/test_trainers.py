import pytest

from gan_cli.inference.trainers import is_refusal


def test_an_error_in_code_of_no_module_is_not_lightnings() -> None:
    """Compiled networks run code that was made while they trained."""
    with pytest.raises(RuntimeError) as raised:
        exec("raise RuntimeError", {})
    assert not is_refusal(raised.value)
