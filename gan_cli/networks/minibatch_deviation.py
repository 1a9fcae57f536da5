"""How much the things of a batch differ, as one more feature for the discriminator."""

import torch
from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.equalised import precise


class MinibatchDeviation(nn.Module):
    """Adds a map that holds, in each place, the mean deviation of all features over a group of neighbouring rows.

    Karras et al. 2018, arXiv:1710.10196, section 3. The authors' groups take every (N / G)th row: who is compared with
    whom then depends on how a batch is cut for several processes or to save memory. Neighbours stay together, and are
    as much at random, because batches are.

    Args:
        group: G, how many things are compared; a batch of fewer is one group.
    """

    mixes_batch = True

    def __init__(self, group: int) -> None:
        super().__init__()
        self.group = group

    def forward(self, maps: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C + 1, H, W].

        Raises:
            UserError: If N is no multiple of the group.
        """
        count, _, height, width = maps.shape
        group = min(self.group, count)
        if count % group:
            raise UserError(
                f"data.batch_size: {count} things at a time cannot be compared in groups of {group}\n"
                f"Take a multiple of {group}, or another --model.deviation_group"
            )
        groups = precise(maps).unflatten(0, (-1, group))
        deviations = (groups.var(dim=1, correction=0) + 1e-8).sqrt().mean(dim=(1, 2, 3))
        added = deviations.to(maps.dtype).repeat_interleave(group)[:, None, None, None].expand(-1, 1, height, width)
        return torch.cat([maps, added], dim=1)
