"""The training loop is deterministic, resumable, and follows its schedule."""

import pytest

torch = pytest.importorskip("torch")
from training.loop import Schedule, fit  # noqa: E402


def batch_at(step):
    generator = torch.Generator().manual_seed(step)
    return torch.randn(8, 4, generator=generator)


def loss(model, batch):
    return (model(batch) - batch.sum(-1, keepdim=True)).square().mean()


def model():
    torch.manual_seed(0)
    return torch.nn.Linear(4, 1)


def test_learns(tmp_path):
    """The loss falls, and the log and the plot are written."""
    log = fit(model(), batch_at, loss, Schedule(60, lr=0.1, log_every=10), tmp_path)
    assert log[-1]["loss"] < log[0]["loss"] / 4
    assert (tmp_path / "log.jsonl").read_text().count("\n") == 6


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_a_stopped_run_goes_on_as_if_never_stopped(tmp_path, ema):
    """Stopped at a checkpoint and started again, a run ends with the weights of an unbroken one."""
    schedule = Schedule(20, lr=0.1, ema=ema, checkpoint_every=10)
    whole, first, second = model(), model(), model()
    fit(whole, batch_at, loss, schedule, tmp_path / "whole")

    def stops(net, batch):
        if torch.equal(batch, batch_at(13)):
            raise KeyboardInterrupt
        return loss(net, batch)

    with pytest.raises(KeyboardInterrupt):
        fit(first, batch_at, stops, schedule, tmp_path / "broken")
    log = fit(second, batch_at, loss, schedule, tmp_path / "broken")
    assert log[-1]["step"] == 20
    assert torch.allclose(second.weight, whole.weight, atol=1e-6)
    assert not (tmp_path / "broken" / "checkpoint.pt").exists()


def test_learning_rate_warms_up_and_comes_down():
    """It starts near nothing, reaches `lr` after the warm-up, and ends at about a twentieth."""
    schedule = Schedule(100, lr=1.0, warmup=0.1)
    assert [round(schedule.lr_at(step), 2) for step in (0, 9, 10, 99)] == [0.1, 1.0, 1.0, 0.05]


def test_a_schedule_by_the_clock_ends_when_its_time_is_up(tmp_path):
    """Half of the time is half of the schedule, however few steps that was; `at` hears how far it is."""
    clock, heard = iter(range(10_000)), []
    schedule = Schedule(10**7, lr=0.1, seconds=60)
    log = fit(model(), batch_at, loss, schedule, tmp_path, heard.append, lambda: float(next(clock)))
    assert 5 < log[-1]["step"] < 60
    assert heard == sorted(heard)
    assert heard[-1] <= 1
    assert log[-1]["lr"] < 0.02
