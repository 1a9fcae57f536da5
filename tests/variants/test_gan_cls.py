from pathlib import Path

import pytest
import torch

from gan_cli.callbacks.watchdog import Watchdog
from gan_cli.variants import GANCLS
from gan_cli.variants.gan_cls import Told
from gan_cli.variants.sentences import MATCHED
from tests.conftest import quiet
from tests.toys import FewCaptioned
from tests.variant_rows import TOLD
from tests.variants.told import batch, ready


def test_wrong_sentences_share_the_weight_of_what_is_to_be_rejected() -> None:
    losses = {}
    for share in (0.0, 0.5, 0.25):
        model = ready(GANCLS, **TOLD, wrong_share=share)
        losses[share] = model.discriminator_losses(model.shared(batch()))  # type: ignore[arg-type]
    assert set(losses[0.0]) == {"real", "fake"}
    assert losses[0.5]["wrong"].item() == pytest.approx(2 * losses[0.25]["wrong"].item(), rel=1e-4)
    assert losses[0.25]["fake"].item() == pytest.approx(0.75 * losses[0.0]["fake"].item(), rel=1e-4)


def test_interpolated_sentences_are_beyond_the_discriminators_data() -> None:
    model = ready(GANCLS, **TOLD, lambda_interpolation=3.0, interpolation=1.0)
    told: Told = model.shared(batch())  # type: ignore[assignment]
    losses = model.generator_losses(told)
    assert losses["interpolated"].item() == pytest.approx(3 * losses["adversarial"].item(), rel=1e-4)
    assert set(ready(GANCLS, **TOLD, lambda_interpolation=0.0).generator_losses(told)) == {"adversarial"}


def test_vectors_of_sentences_serve_as_the_sentences_themselves() -> None:
    model, one = ready(GANCLS, **TOLD).eval(), batch()
    latents = torch.randn(16, 8)
    assert torch.equal(model(latents, one.text), model(latents, model.vectors(one.text)))
    between = model.between({"text": one.text}, {"text": one.wrong}, torch.linspace(0, 1, 16))["text"]
    assert torch.equal(between[0], model.vectors(one.text)[0])
    assert torch.allclose(between[-1], model.vectors(one.wrong)[-1])
    with pytest.raises(ValueError, match="16 words"):
        model(latents, one.text[:, :3])


def test_the_matcher_trains_first_and_then_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def trained(steps: int, ckpt: Path | None = None) -> GANCLS:
        torch.manual_seed(0)
        model = GANCLS(**{**TOLD, "matching_steps": 3})
        trainer = quiet(tmp_path, 2, keep=9, max_steps=steps, callbacks=[Watchdog(every_n_steps=3)])
        trainer.fit(model, FewCaptioned(), ckpt_path=ckpt, weights_only=True)
        return model

    def weights(path: str) -> dict[str, torch.Tensor]:
        found: dict[str, torch.Tensor] = torch.load(tmp_path / path, weights_only=True)["state_dict"]
        return found

    whole = trained(6).state_dict()
    told = capsys.readouterr().out
    assert "all alike at step 6" in told  # and not at step 3, when the generator had not begun
    first, matched, last = weights("step-00000002.ckpt"), weights(f"{MATCHED}.ckpt"), weights("last.ckpt")
    for key in whole:
        alike = torch.equal(first[key], matched[key]), torch.equal(matched[key], last[key])
        assert alike == ((False, True) if key.startswith("matcher.") else (True, alike[1])), key
    assert any(not torch.equal(matched[key], last[key]) for key in whole if key.startswith("generator."))
    for step in (2, 4):  # in either phase
        again = trained(6, tmp_path / f"step-{step:08d}.ckpt").state_dict()
        assert all(torch.equal(again[key], whole[key]) for key in whole)
