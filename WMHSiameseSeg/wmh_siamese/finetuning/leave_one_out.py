"""Whether fine-tuning helps, when there are too few patients to hold any out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from wmh_siamese.cases import Case
from wmh_siamese.errors import WMHError
from wmh_siamese.finetuning.comparison import CasePair, Comparison, compared
from wmh_siamese.finetuning.finetune import finetune
from wmh_siamese.release import model_figures
from wmh_siamese.siamese import VGGWeights
from wmh_siamese.training_settings import TrainingSettings

MOST_PATIENTS = 5


def leave_one_out(
    base: Path,
    cases: Sequence[Case],
    vgg: VGGWeights | None,
    settings: TrainingSettings,
    *,
    rehearsal: Sequence[Case] = (),
    base_share: float = 0.0,
    device: str = "auto",
    on_patient: Callable[[str, Comparison], None] = lambda patient, comparison: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Comparison:
    """Fine-tune once for each patient, without that patient, and compare on that patient.

    The models are thrown away: they answer whether fine-tuning on these corrections helps. It
    takes as many trainings as there are patients. Cases of ``rehearsal`` are in all of
    them, ``base_share`` is as in :func:`wmh_siamese.finetuning.finetune.finetune`.

    Raises:
        WMHError: ``bad-volume`` with fewer than two patients or more than five; ``stopped``.
    """
    patients = list(dict.fromkeys(case.patient_id for case in cases))
    if not 2 <= len(patients) <= MOST_PATIENTS:
        raise WMHError(
            "bad-volume",
            f"Leaving one patient out at a time is for 2 to {MOST_PATIENTS} patients; "
            f"there {'is 1' if len(patients) == 1 else f'are {len(patients)}'}.",
            "With more, hold some of them out.",
        )
    pairs: list[CasePair] = []
    for patient in patients:
        left = [case for case in cases if case.patient_id == patient]
        others = [case for case in cases if case.patient_id != patient]
        with tempfile.TemporaryDirectory(prefix="wmh-leave-one-out-") as folder:
            model = Path(folder) / "model.safetensors"
            finetune(
                *(base, [*others, *rehearsal], (), vgg, model, settings),
                name=f"without {patient}",
                base_share=base_share,
                device=device,
                stopped=stopped,
            )
            if stopped():
                raise WMHError("stopped", "Leaving one out was stopped.", "Start it again.")
            comparison = compared(base, model_figures(model, left, device), device)
        on_patient(patient, comparison)
        pairs += comparison.pairs
    return Comparison(pairs)
