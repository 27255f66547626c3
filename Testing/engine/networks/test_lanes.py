"""Slices side by side give what slices one after the other give."""

import pytest
import torch
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.lanes import Lanes


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_lanes_change_nothing_but_the_time(two_threads, count):
    torch.manual_seed(0)
    network = DenseUNet(width=4, depth=2).eval()
    batch = torch.randn(count, 3, 32, 32)
    with torch.inference_mode():
        one_by_one = torch.cat([network.logits(one) for one in batch.split(1)])
        side_by_side = Lanes(8).run(network.logits, batch)
    torch.testing.assert_close(side_by_side, one_by_one, atol=1e-5, rtol=1e-5)
    assert torch.get_num_threads() == 2


def test_a_failure_in_a_lane_is_told(two_threads):
    def broken(images):
        raise torch.OutOfMemoryError("out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        Lanes(8).run(broken, torch.zeros(4, 3, 8, 8))
    assert torch.get_num_threads() == 2
